//! What `--help` says behind the options, examples and what a program needs to know; and which options
//! it leaves out.

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Command, Error};

pub(crate) const TOP: &str = "\
Examples:
  tracking next                          one number; the series is made at the first run
  tracking next -n 1000 --format csv     a thousand, as rows
  tracking check 7Q2M0ABCDEF1234E        does it belong to the series?
  tracking series show                   where the series is, and what its numbers look like
  tracking token new --name shop-a --scope issue
                                         a token for a caller of the server

Exit codes:
  0 done, 1 the answer is no, 2 wrong usage, 3 could not be done or decided,
  130 Ctrl-C, 143 SIGTERM
Results go to standard output, messages to standard error. A variable that is empty is unset.";

pub(crate) const NEXT: &str = "\
Examples:
  tracking next
  tracking next -n 1000000 > numbers.txt
  tracking next --format json --origin-country-id MY --destination-country-id ID --weight 1.234
  tracking next -n 10 --format csv --timezone Asia/Kuala_Lumpur --customer-slug redbox-logistics

All order options are optional; if some are wrong, all of them are reported and nothing is reserved.
Ctrl-C and SIGTERM end it with a whole line (json: a whole array) and exit code 130 or 143; a second
one ends it at once.";

pub(crate) const CHECK: &str = "\
Examples:
  tracking check 7Q2M0ABCDEF1234E
  tracking check < numbers.txt
  tracking check < numbers.txt | awk -F'\\t' '$2 == \"refused\"'
  tracking check --shape-only --format ndjson < numbers.txt

Verdicts: belongs (the series could have issued it, which is no proof that it did), refused (it
never did: certain), undecided (only the store can tell, which cannot be asked: exit code 3),
well-formed (with --shape-only).
Reasons: malformed, prefix, length, check-character, not-of-this-series, in-the-future.
From standard input: blanks round a number and empty lines are skipped. What is no text, or steers a
terminal, is written as \\xNN (json: \\uNNNN). Exit code 1 if any is refused.";

pub(crate) const INSPECT: &str = "\
Examples:
  tracking inspect 7Q2M0ABCDEF1234E
  tracking inspect 7Q2M0ABCDEF1234E --format json

Several numbers: a paragraph each, or with json an object a line. Without its series a number shows
only its shape, and whether its check character is right. Exit code 1 if a number is refused, 3 if
there is no series to decide it.";

pub(crate) const SERIES: &str = "\
Examples:
  tracking series show
  (umask 077; tracking series show --reveal-key > backup.txt)
  tracking series create --series eu --prefix EU
  tracking series restore --key-file backup.txt

A series is a name, a format, a key and the time of its creation. Whoever has the key can make its
numbers up; whoever loses it can no longer tell them.";

pub(crate) const SHOW: &str = "\
Examples:
  tracking series show
  tracking series show eu --format json
  (umask 077; tracking series show --reveal-key > backup.txt)

What --reveal-key prints is a key file for `tracking series restore`: keep it secret.";

pub(crate) const CREATE: &str = "\
Examples:
  tracking series create
  tracking series create --series eu --prefix EU --store file:/var/lib/tracking/eu.series

A local store draws a random key. A store that hosts share takes the key of --key-file or
TRACKING_KEY if there is one.";

pub(crate) const RESTORE: &str = "\
Examples:
  tracking series restore --key-file backup.txt
  tracking series restore --key-file key.txt --prefix 7Q2 --created 2027-01-15T08:00:00Z

The key file is a backup, all that `tracking series show --reveal-key` printed: then --prefix need
not be given, and nothing that contradicts the backup is taken. Or it holds 32 hexadecimal digits,
and --prefix is needed.
Restore a series only where it was lost: one that lives in two places at once repeats numbers.";

pub(crate) const TOKEN: &str = "\
Examples:
  tracking token new --name shop-a --scope issue

A token lets a caller in at a server that runs with --tokens. The server's file holds the SHA-256 of
each, never the token.";

pub(crate) const NEW_TOKEN: &str = "\
Examples:
  tracking token new --name shop-a --scope issue
  tracking token new --name shop-a --scope issue --file /etc/tracking/tokens.toml
  tracking token new --name shop-a --scope issue,read --expires 2028-01-01T00:00:00Z
  tracking token new --name shop-b --scope issue --rate 100 --burst 1000
  tracking token new --name prometheus --scope metrics --format json

It prints the token, an empty line, and the lines for the file of `tracking-http --tokens`; with
--file it puts them there. The token itself is kept nowhere: one that is lost is replaced.
To replace one that is in use, add the lines of another with the same name and rate by hand, send
SIGHUP to the server, give the caller the new token, and take the old lines out.";

/// The options that say which series, which `token` has no use for.
const OF_SERIES: [&str; 4] = ["store", "series", "prefix", "key_file"];

/// The command line whose help shows with each command what it uses.
pub(crate) fn without_unused(mut command: Command) -> Command {
    // The options of all commands are handed down to each of them here.
    command.build();
    let hide = |command: Command| {
        command.mut_args(|arg| match OF_SERIES.contains(&arg.get_id().as_str()) {
            true => arg.hide(true),
            false => arg,
        })
    };
    command.mut_subcommand("token", |token| hide(token).mut_subcommands(hide))
}

/// Refuse what was given and would not be used.
pub(crate) fn refuse_unused(command: &Command, matches: &ArgMatches) -> Result<(), Error> {
    let given = |id: &&&str| matches.value_source(id) == Some(ValueSource::CommandLine);
    let refuse = |message: String| Err(command.clone().error(ErrorKind::ArgumentConflict, message));
    let Some((name, below)) = matches.subcommand() else {
        return Ok(());
    };
    if name == "token"
        && let Some(id) = OF_SERIES.iter().find(given)
    {
        let flag = id.replace('_', "-");
        return refuse(format!(
            "--{flag} is of no use to `tracking token`: leave it out"
        ));
    }
    if let Some(("show", show)) = below.subcommand()
        && show.contains_id("name")
        && given(&&"series")
    {
        return refuse("expected the name of one series, found NAME and --series".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What people copy from the help must not be refused for its shape.
    #[test]
    fn the_sample_number_is_one() {
        let mut found = 0;
        for help in [TOP, CHECK, INSPECT] {
            let words = help
                .split_whitespace()
                .filter(|word| word.starts_with("7Q2M"));
            for number in words {
                let (front, check) = number.split_at(number.len() - 1);
                let right = tracking_core::check_character(front).unwrap();
                assert_eq!((number.len(), check), (16, &*right.to_string()), "{number}");
                found += 1;
            }
        }
        assert_eq!(found, 4);
    }
}
