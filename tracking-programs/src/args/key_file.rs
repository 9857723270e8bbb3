//! A file with a key: the key alone, or all that `tracking series show --reveal-key` printed.

use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::str::FromStr;

use tracking_core::order::CreatedAt;
use tracking_core::series::Fingerprint;
use tracking_core::shown::{Plain, Shown};
use tracking_core::{Key, Prefix, SeriesName};

use super::ArgsError;

/// A key, and what its file says of the series that it is of.
#[derive(Debug)]
pub(super) struct KeyFile {
    pub(super) key: Key,
    /// These are known if the file is a backup.
    pub(super) prefix: Option<Prefix>,
    name: Option<SeriesName>,
    created_at_ms: Option<i64>,
}

/// A series and its key are some 500 bytes; what is longer is no key.
const LENGTH_MAX: u64 = 4096;

impl KeyFile {
    pub(super) fn read(path: &Path) -> Result<Self, ArgsError> {
        let read = || {
            let mut text = String::new();
            std::fs::File::open(path)?
                .take(LENGTH_MAX)
                .read_to_string(&mut text)?;
            io::Result::Ok(text)
        };
        let text = read().map_err(|source| ArgsError::KeyFile {
            path: path.to_owned(),
            source,
        })?;
        // Editors on Windows put a mark before the text.
        Self::parse(
            text.trim_start_matches('\u{feff}'),
            &Plain::of(path).to_string(),
        )
    }

    fn parse(text: &str, place: &str) -> Result<Self, ArgsError> {
        let wrong = |message: String| ArgsError::Backup {
            place: place.to_owned(),
            message,
        };
        let backup = Backup::of(text);
        if backup.is_series() && backup.value("key").is_none() {
            return Err(wrong(
                "it shows a series without its key; print both with `tracking series show --reveal-key`"
                    .to_owned(),
            ));
        }
        let key = backup.value("key").unwrap_or_else(|| text.to_owned());
        let key = super::parse_key(place, &key)?;
        let file = Self {
            key,
            prefix: backup.parsed("prefix").map_err(wrong)?,
            name: backup.parsed("name").map_err(wrong)?,
            created_at_ms: backup
                .parsed::<CreatedAt>("created at")
                .map_err(wrong)?
                .map(|time| time.at().timestamp_millis()),
        };
        // A slip in one of them: the numbers would be another series'.
        let stated = backup.value("fingerprint");
        let own = file
            .prefix
            .map(|prefix| Fingerprint::of(prefix, &file.key).to_string());
        match (stated, own) {
            (Some(stated), Some(own)) if stated != own => Err(wrong(format!(
                "its lines contradict each other: it says fingerprint {}, its prefix and key have {own}; one of them was changed, so take another copy of the backup",
                Shown(&stated)
            ))),
            _ => Ok(file),
        }
    }

    /// Refuse what was given beside the file and is not what it says.
    pub(super) fn check(
        &self,
        place: &Path,
        name: &SeriesName,
        prefix: Option<Prefix>,
    ) -> Result<(), ArgsError> {
        let contradiction = |what: &str, own: &str, given: &str| {
            Err(ArgsError::Backup {
                place: Plain::of(place).to_string(),
                message: format!(
                    "it is a backup of the series of {what} {own:?}, and {given:?} was asked for; name the same, or give a file with the key alone"
                ),
            })
        };
        match (self.prefix, prefix, &self.name) {
            (Some(own), Some(given), _) if own != given => {
                contradiction("prefix", own.as_str(), given.as_str())
            }
            (.., Some(own)) if own != name => contradiction("name", own.as_str(), name.as_str()),
            _ => Ok(()),
        }
    }

    /// When the series was created, in milliseconds since the Unix epoch, if the file says so.
    pub(super) fn created_at_ms(&self) -> Option<i64> {
        self.created_at_ms
    }
}

/// The lines of a name and a value, or the JSON object, that show a series.
struct Backup<'a> {
    text: &'a str,
    json: Option<serde_json::Value>,
}

impl<'a> Backup<'a> {
    fn of(text: &'a str) -> Self {
        let json = serde_json::from_str(text).ok();
        Self {
            text,
            json: json.filter(serde_json::Value::is_object),
        }
    }

    fn is_series(&self) -> bool {
        self.value("fingerprint").is_some()
    }

    /// The value of a name, as the table has it.
    fn value(&self, name: &str) -> Option<String> {
        if let Some(json) = &self.json {
            return Some(json.get(name.replace(' ', "_"))?.as_str()?.to_owned());
        }
        // A name is set off from its value by blanks; an empty value may lack them.
        self.text.lines().find_map(|line| {
            let value = line.strip_prefix(name)?;
            (value.is_empty() || value.starts_with(' ')).then(|| value.trim().to_owned())
        })
    }

    fn parsed<T: FromStr<Err: std::fmt::Display>>(&self, name: &str) -> Result<Option<T>, String> {
        let value = self.value(name).map(|value| value.parse());
        value
            .transpose()
            .map_err(|error| format!("{name}: {error}"))
    }
}

/// What an operator should know of a file with a secret that others may read, or lock.
pub(super) fn warning(path: &Path) -> Option<String> {
    const OTHERS: u32 = 0o007;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    (mode & OTHERS != 0).then(|| {
        format!(
            "{} holds the series' key, and its mode {:04o} lets other users of this host in: chmod o= it",
            Plain::of(path),
            mode & 0o7777
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "000102030405060708090a0b0c0d0e0f";

    fn print(prefix: &str) -> String {
        Fingerprint::of(prefix.parse().unwrap(), &KEY.parse().unwrap()).to_string()
    }

    fn text(prefix: &str, fingerprint: &str) -> String {
        format!(
            "name            eu\nstore           file:/x\nprefix          {prefix}\nfingerprint     {fingerprint}\ncreated at      2025-06-01T00:00:00.000Z\nkey             {KEY}\n"
        )
    }

    fn json(prefix: &str, fingerprint: &str) -> String {
        format!(
            r#"{{"name":"eu","prefix":"{prefix}","fingerprint":"{fingerprint}","created_at":"2025-06-01T00:00:00.000Z","key":"{KEY}"}}"#
        )
    }

    #[test]
    fn a_key_alone_says_nothing_of_its_series() {
        for text in [KEY, &format!("{KEY}\r\n"), &KEY.to_uppercase()] {
            let file = KeyFile::parse(text, "k").unwrap();
            assert_eq!(file.key.expose_hex(), KEY);
            assert!(file.prefix.is_none() && file.created_at_ms().is_none());
            let name = "other".parse().unwrap();
            assert!(file.check(Path::new("k"), &name, "Q".parse().ok()).is_ok());
        }
    }

    #[test]
    fn what_a_backup_says_binds() {
        for (prefix, other) in [("AB", "AC"), ("", "Q")] {
            for text in [
                text(prefix, &print(prefix)),
                text(prefix, &print(prefix)).replace('\n', "\r\n"),
                text(prefix, &print(prefix)).replace(" \n", "\n"),
                json(prefix, &print(prefix)),
            ] {
                let file = KeyFile::parse(&text, "k").unwrap();
                assert_eq!(file.prefix.unwrap().as_str(), prefix, "{text}");
                assert_eq!(file.created_at_ms(), Some(1_748_736_000_000));
                let check = |name: &str, prefix: Option<&str>| {
                    let prefix = prefix.map(|prefix| prefix.parse().unwrap());
                    let checked = file.check(Path::new("k"), &name.parse().unwrap(), prefix);
                    checked.map_err(|error| error.to_string())
                };
                assert_eq!(check("eu", None), Ok(()));
                assert_eq!(check("eu", Some(prefix)), Ok(()));
                assert_eq!(
                    check("eu", Some(other)),
                    Err(format!(
                        "k: it is a backup of the series of prefix {prefix:?}, and {other:?} was asked for; name the same, or give a file with the key alone"
                    ))
                );
                assert!(
                    check("default", None)
                        .unwrap_err()
                        .contains("of name \"eu\"")
                );
            }
        }
    }

    #[test]
    fn a_backup_that_contradicts_itself_is_refused() {
        for text in [text("AB", &print("AC")), json("AB", &print("AC"))] {
            let error = KeyFile::parse(&text, "k").unwrap_err();
            assert!(error.is_usage());
            let error = error.to_string();
            assert!(
                error.contains("contradict each other") && !error.contains(KEY),
                "{error}"
            );
        }
        let error = KeyFile::parse(&text("ab", "x"), "k")
            .unwrap_err()
            .to_string();
        assert!(error.starts_with("k: prefix: expected a prefix"), "{error}");
    }

    #[test]
    fn a_series_without_its_key_is_told_so() {
        let shown = text("AB", &print("AB"));
        let shown = shown.split_once("key ").unwrap().0;
        let error = KeyFile::parse(shown, "k").unwrap_err().to_string();
        assert!(error.contains("without its key"), "{error}");
    }
}
