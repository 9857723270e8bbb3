//! The file that says who may call, as `tracking-http --tokens` reads it: tables of TOML, each of which
//! a [`TokenEntry`] displays.

mod addition;
mod error;

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use chrono::DateTime;
use rustix::fs::OFlags;
use serde::Deserialize;
use subtle::ConstantTimeEq;
use toml::Spanned;
use toml::value::Datetime;
use tracking_core::shown::Plain;

pub use self::addition::Addition;
pub use self::error::TokenFileError;
use self::error::{Wrong, place};
use super::{Scopes, TokenDigest, TokenEntry, TokenName, TokenRate};

/// The bytes of a file: some 7,000 tokens.
const LENGTH_MAX: u64 = 1024 * 1024;

/// A token of the file.
#[derive(Debug)]
struct Line {
    entry: TokenEntry,
    /// The byte that it begins at, for what is said of it.
    start: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Root {
    #[serde(default)]
    token: Vec<Spanned<Table>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    name: TokenName,
    sha256: TokenDigest,
    scopes: Spanned<Scopes>,
    expires: Option<Spanned<Datetime>>,
    rate: Option<Spanned<u32>>,
    burst: Option<Spanned<u32>>,
}

/// The tokens of a file, none twice, and each name with one rate.
///
/// # Errors
/// The file can't be read, or is wrong.
pub fn read(path: &Path) -> Result<Vec<TokenEntry>, TokenFileError> {
    let text = read_text(path)?;
    parse(&text).map_err(|wrong| TokenFileError::wrong(path, wrong))
}

fn read_text(path: &Path) -> Result<String, TokenFileError> {
    let read = || {
        let mut text = String::new();
        // Without it a FIFO is not even opened until somebody writes to it.
        let nonblocking = OFlags::NONBLOCK.bits().cast_signed();
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(nonblocking)
            .open(path)?;
        if !file.metadata()?.is_file() {
            return Err(no_regular_file());
        }
        let length = file.take(LENGTH_MAX + 1).read_to_string(&mut text)?;
        if length as u64 > LENGTH_MAX {
            return Err(too_long());
        }
        Ok(text)
    };
    read().map_err(|source| TokenFileError::Read {
        path: path.to_owned(),
        source,
    })
}

fn no_regular_file() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "expected a regular file")
}

fn too_long() -> io::Error {
    let message = format!("expected at most {LENGTH_MAX} bytes");
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}

/// What an operator should know of the file, though it is right: who else may write or read it.
pub fn warning(path: &Path) -> Option<String> {
    const OTHERS_WRITE: u32 = 0o022;
    const OTHERS: u32 = 0o007;
    let mode = std::fs::metadata(path).ok()?.permissions().mode() & 0o7777;
    let path = Plain::of(path);
    if mode & OTHERS_WRITE != 0 {
        Some(format!(
            "{path} can be written by others than its owner (mode {mode:04o}), who may so let anyone in: chmod go-w"
        ))
    } else if mode & OTHERS != 0 {
        Some(format!(
            "{path} says who may, and its mode {mode:04o} lets other users of this host in: chmod o= it"
        ))
    } else {
        None
    }
}

fn parse(text: &str) -> Result<Vec<TokenEntry>, Wrong> {
    let root: Root = toml::from_str(text).map_err(|error| Wrong::toml(text, &error))?;
    let mut lines: Vec<Line> = Vec::with_capacity(root.token.len());
    // The places in `lines`.
    let mut by_index: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut by_name: HashMap<TokenName, usize> = HashMap::new();
    for table in root.token {
        let start = table.span().start;
        let entry = entry(text, table.into_inner())?;
        let alike = by_index.entry(entry.digest.index()).or_default();
        // The rate of the first of a name is that of all.
        let namesake = *by_name.entry(entry.name.clone()).or_insert(lines.len());
        for earlier in alike.iter().copied().chain([namesake]) {
            if let Some(earlier) = lines.get(earlier) {
                conflict(text, &entry, earlier)
                    .map_or(Ok(()), |message| Err(Wrong::at(text, start, message)))?;
            }
        }
        alike.push(lines.len());
        lines.push(Line { entry, start });
    }
    Ok(lines.into_iter().map(|line| line.entry).collect())
}

fn entry(text: &str, table: Table) -> Result<TokenEntry, Wrong> {
    if table.scopes.get_ref().is_empty() {
        let message = "expected a scope or more of issue, read and metrics, found none";
        return Err(Wrong::at(text, table.scopes.span().start, message));
    }
    let expires_at_ms = table.expires.map(|time| expiry(text, &time)).transpose()?;
    let rate = match (&table.rate, &table.burst) {
        (None, None) => None,
        (None, Some(burst)) => {
            let message = "expected a rate beside the burst, found none";
            return Err(Wrong::at(text, burst.span().start, message));
        }
        (Some(rate), burst) => {
            let burst = burst.as_ref().map(|burst| *burst.get_ref());
            let made = TokenRate::new(*rate.get_ref(), burst);
            Some(made.map_err(|error| Wrong::at(text, rate.span().start, error.to_string()))?)
        }
    };
    let mut entry = TokenEntry::new(table.name, table.sha256, table.scopes.into_inner());
    entry.expires_at_ms = expires_at_ms;
    entry.rate = rate;
    Ok(entry)
}

fn expiry(text: &str, time: &Spanned<Datetime>) -> Result<i64, Wrong> {
    DateTime::parse_from_rfc3339(&time.get_ref().to_string())
        .map(|time| time.timestamp_millis())
        .map_err(|_| {
            let message = "expected a date and time with its offset, such as 2027-01-01T00:00:00Z";
            Wrong::at(text, time.span().start, message)
        })
}

/// Why two tokens can't be in one file.
fn conflict(text: &str, entry: &TokenEntry, other: &Line) -> Option<String> {
    let Line {
        entry: earlier,
        start,
    } = other;
    let line = || place(&text[..*start]).0;
    if entry.digest.ct_eq(&earlier.digest).into() {
        return Some(format!(
            "expected another token than that of line {}",
            line()
        ));
    }
    if entry.name == earlier.name && entry.rate != earlier.rate {
        let name = &entry.name;
        return Some(format!(
            "expected the rate and burst of line {}, since both tokens are of {name}",
            line()
        ));
    }
    None
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;

    use super::*;

    const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const B: &str = "cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34";

    const C: &str = "cb8379ac2098aa16000000000000000000000000000000000000000000000000";

    fn table(name: &str, digest: &str, more: &str) -> String {
        format!(
            "[[token]]\nname = \"{name}\"\nsha256 = \"{digest}\"\nscopes = [\"issue\"]\n{more}\n"
        )
    }

    #[test]
    fn reads_what_the_lines_say() {
        assert!(parse("").unwrap().is_empty());
        assert!(parse("# nobody\n").unwrap().is_empty());
        for more in [
            "",
            "expires = 2027-01-01T00:00:00Z\n",
            "expires = 2027-01-01T00:00:00.250Z\nrate = 100\nburst = 5\n",
        ] {
            let lines = table("shop-a", A, more);
            let read = parse(&lines).unwrap();
            assert_eq!(read[0].to_string(), lines.replace("\n\n", "\n"));
        }
        let read = parse(&table("a", A, "rate = 7")).unwrap();
        assert_eq!(read[0].rate.unwrap().burst(), 7);
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let secret = "trk_-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s";
        for (text, message) in [
            (
                table("a", A, "rate ="),
                "5:7: string values must be quoted, expected literal string",
            ),
            (
                table("a", A, "scope = []"),
                "5:1: unknown field `scope`, expected one of `name`, `sha256`, `scopes`, `expires`, `rate`, `burst`",
            ),
            (
                "[[tokens]]".to_owned(),
                "1:3: unknown field `tokens`, expected `token`",
            ),
            (
                "\n[[token]]\nname = \"a\"".to_owned(),
                "2:1: missing field `sha256`",
            ),
            (
                table("A", A, ""),
                "2:8: expected a name of 1 to 64 characters of a-z, 0-9 and -",
            ),
            (
                table(secret, A, ""),
                "2:8: expected a name of 1 to 64 characters of a-z, 0-9 and -",
            ),
            (
                table("a", "00", ""),
                "3:10: expected the SHA-256 of a token, 64 hexadecimal digits, found 2 characters that are not one",
            ),
            (
                table("a", secret, ""),
                "3:10: expected the SHA-256 of a token, 64 hexadecimal digits, found a token itself; whoever read it here may use it, so replace it",
            ),
            (
                table("a", A, "").replace("issue", "isue"),
                "4:10: expected the scope issue, read or metrics",
            ),
            (
                table("a", A, "").replace("\"issue\"", ""),
                "4:10: expected a scope or more of issue, read and metrics, found none",
            ),
            (
                table("a", A, "expires = 2027-01-01"),
                "5:11: expected a date and time with its offset, such as 2027-01-01T00:00:00Z",
            ),
            (
                table("a", A, "expires = 2027-01-01T00:00:00"),
                "5:11: expected a date and time with its offset, such as 2027-01-01T00:00:00Z",
            ),
            (
                table("a", A, "rate = 0"),
                "5:8: expected a rate of 1 to 10000000 numbers a second, found 0",
            ),
            (
                table("a", A, "rate = 1\nburst = 0"),
                "5:8: expected a burst of 1 number or more, found 0",
            ),
            (
                table("a", A, "rate = -1"),
                "5:8: invalid value: integer `-1`, expected u32",
            ),
            (
                table("a", A, &format!("rate = \"{secret}\"")),
                "5:8: invalid type: string \"…\", expected u32",
            ),
            (
                table("a", A, &format!("{secret} = 1")),
                "5:1: unknown field `…`, expected one of `name`, `sha256`, `scopes`, `expires`, `rate`, `burst`",
            ),
            (secret.to_owned(), "1:48: key with no value, expected `=`"),
            (
                table("a", A, "burst = 1"),
                "5:9: expected a rate beside the burst, found none",
            ),
            (
                table("a", A, "") + &table("b", A, ""),
                "6:1: expected another token than that of line 1",
            ),
            (
                table("a", A, "rate = 1") + &table("a", B, ""),
                "6:1: expected the rate and burst of line 1, since both tokens are of a",
            ),
            (
                table("c", C, "") + &table("a", A, "") + &table("b", B, "") + &table("a", A, ""),
                "16:1: expected another token than that of line 6",
            ),
            (
                table("b", A, "") + &table("a", B, "") + &table("a", C, "rate = 1"),
                "11:1: expected the rate and burst of line 6, since both tokens are of a",
            ),
        ] {
            let wrong = parse(&text).unwrap_err().shown();
            assert_eq!(wrong, message);
            assert!(!wrong.contains(secret) && !wrong.contains(A), "{wrong}");
        }
    }

    #[test]
    fn a_file_that_is_none_and_one_that_others_may_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tokens.toml");
        let error = read(&path).unwrap_err().to_string();
        let shown = path.display();
        assert_eq!(
            error,
            format!("cannot read the tokens of {shown}: No such file or directory (os error 2)")
        );
        for none in [folder.path(), Path::new("/dev/null")] {
            let error = read(none).unwrap_err().to_string();
            assert!(error.ends_with(": expected a regular file"), "{error}");
        }
        std::fs::write(&path, "#".repeat(LENGTH_MAX as usize + 1)).unwrap();
        let error = read(&path).unwrap_err().to_string();
        assert!(
            error.ends_with(": expected at most 1048576 bytes"),
            "{error}"
        );
        for (mode, warns) in [
            (0o600, false),
            (0o640, false),
            (0o644, true),
            (0o660, true),
            (0o602, true),
        ] {
            std::fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            assert_eq!(warning(&path).is_some(), warns, "{mode:o}");
        }
    }
}
