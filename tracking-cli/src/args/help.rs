//! What `--help` says behind the options: examples, and what a program needs to know.

pub(crate) const TOP: &str = "\
Examples:
  tracking next                          one number; the series is made at the first run
  tracking next -n 1000 --format csv     a thousand, as rows
  tracking check 7Q2M0ABCDEF1234X        does it belong to the series?
  tracking series show                   where the series is, and what its numbers look like
  tracking token new --name shop-a --scope issue
                                         a token for a caller of the server

Exit codes:
  0 done, 1 the answer is no, 2 wrong usage, 3 could not be done or decided, 130 Ctrl-C
Results go to standard output, messages to standard error.";

pub(crate) const NEXT: &str = "\
Examples:
  tracking next
  tracking next -n 1000000 > numbers.txt
  tracking next --format json --origin-country-id MY --destination-country-id ID --weight 1.234
  tracking next -n 10 --format csv --timezone Asia/Kuala_Lumpur --customer-slug redbox-logistics

All order options are optional; if some are wrong, all of them are reported and nothing is reserved.
Ctrl-C ends with a whole line (json: a whole array) and exit code 130.";

pub(crate) const CHECK: &str = "\
Examples:
  tracking check 7Q2M0ABCDEF1234X
  tracking check < numbers.txt
  tracking check < numbers.txt | awk -F'\\t' '$2 == \"refused\"'
  tracking check --shape-only --format ndjson < numbers.txt

Verdicts: belongs (the series could have issued it, which is no proof that it did), refused (it
never did: certain), undecided (only the store can tell, which cannot be asked: exit code 3),
well-formed (with --shape-only).
Reasons: malformed, prefix, length, check-character, not-of-this-series, in-the-future.
From standard input: blanks round a number and empty lines are skipped; control characters are
written as \\xNN. Exit code 1 if any is refused.";

pub(crate) const INSPECT: &str = "\
Examples:
  tracking inspect 7Q2M0ABCDEF1234X
  tracking inspect 7Q2M0ABCDEF1234X --format json

Without its series a number shows only its shape, and whether its check character is right. Exit
code 1 if the number is refused, 3 if there is no series to decide it.";

pub(crate) const SERIES: &str = "\
Examples:
  tracking series show
  tracking series show --reveal-key > backup.txt
  tracking series create --series eu --prefix EU
  tracking series restore --key-file backup.txt --prefix 7Q2

A series is a name, a format, a key and the time of its creation. Whoever has the key can make its
numbers up; whoever loses it can no longer tell them.";

pub(crate) const SHOW: &str = "\
Examples:
  tracking series show
  tracking series show --format json
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
  tracking series restore --key-file backup.txt --prefix 7Q2 --created 2027-01-15T08:00:00Z

The key file holds 32 hexadecimal digits, or all that `tracking series show --reveal-key` printed.
Restore a series only where it was lost: one that lives in two places at once repeats numbers.";

pub(crate) const TOKEN: &str = "\
Examples:
  tracking token new --name shop-a --scope issue

A token lets a caller in at a server that runs with --tokens. The server's file holds the SHA-256 of
each, never the token.";

pub(crate) const NEW_TOKEN: &str = "\
Examples:
  tracking token new --name shop-a --scope issue
  tracking token new --name shop-a --scope issue,read --expires 2028-01-01T00:00:00Z
  tracking token new --name shop-b --scope issue --rate 100 --burst 1000
  tracking token new --name prometheus --scope metrics --format json

It prints the token, an empty line, and the lines for the file of `tracking-http --tokens`. Nothing is
stored: a token that is lost is replaced by another. To replace one that is in use, add the lines of
another with the same name and rate, send SIGHUP to the server, give the caller the new token, and
take the old lines out.";
