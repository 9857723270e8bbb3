//! A ledger, and a Django database, in a real MariaDB.

use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::ledgers::{Place, ledger};
use crate::mariadb::{Database, MariaDb};
use crate::support::{Operator, Ran};

/// The password of the support's user, which is nobody's business.
const PASSWORD: &str = "s:cret/1";

/// The URL of a database without its password, which stands in a variable.
fn url(database: &Database<'_>) -> String {
    database.url().replace(":s%3Acret%2F1", "")
}

fn command(operator: &Operator, database: &Database<'_>, args: &[&str]) -> Command {
    let mut command = operator.command(args.iter().copied());
    command.env("TRACKING_LEDGER", url(database));
    command.env("TRACKING_LEDGER_PASSWORD", PASSWORD);
    command
}

fn run(operator: &Operator, database: &Database<'_>, args: &[&str]) -> Ran {
    let ran = Ran::from(command(operator, database, args).output().unwrap());
    let said = format!("{}{}", ran.stdout, ran.stderr);
    assert!(!said.contains("cret"), "{said}");
    ran
}

#[test]
fn a_key_is_replayed_after_the_server_was_killed() {
    let Some(mut server) = MariaDb::start(&[]) else {
        return;
    };
    let operator = Operator::with_known_series();
    let keyed = ["next", "-n", "3", "--idempotency-key", "a"];
    let first = run(&operator, &server.database(), &keyed);
    assert_eq!((first.code, &*first.stderr), (0, ""), "{first:?}");
    server.kill();
    // The database of before, by its name, since to make one takes the server.
    let before = format!("mysql://shop@127.0.0.1:{}/ledger0", server.port());
    let again = |args: &[&str]| {
        let mut command = operator.command(args.iter().copied());
        command.env("TRACKING_LEDGER", &before);
        command.env("TRACKING_LEDGER_PASSWORD", PASSWORD);
        Ran::from(command.output().unwrap())
    };
    for args in [&keyed[..], &["next"]] {
        let ran = again(args);
        assert_eq!((ran.code, &*ran.stdout), (3, ""), "{ran:?}");
        let start = format!("error: the ledger {before} cannot be used now: ");
        assert!(ran.stderr.starts_with(&start), "{ran:?}");
    }
    server.start_again();
    let ran = again(&keyed);
    assert_eq!((ran.code, &*ran.stdout), (0, &*first.stdout));
    assert!(
        ran.stderr
            .starts_with("note: the idempotency key was used before: ")
    );
    let number = first.stdout.lines().next().unwrap();
    let shown = again(&["ledger", "show", number]);
    assert_eq!((shown.code, &*shown.stderr), (0, ""), "{shown:?}");
}

#[test]
fn a_server_that_hangs_ends_a_run_and_all_that_was_printed_is_recorded() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let operator = Operator::with_known_series();
    let database = server.database();
    let mut endless = command(&operator, &database, &["next", "-n", "100000000000"]);
    let mut child = endless
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut reader = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    reader.read_line(&mut text).unwrap();
    server.pause();
    let start = Instant::now();
    reader.read_to_string(&mut text).unwrap();
    let ran = Ran::from(child.wait_with_output().unwrap());
    let waited = start.elapsed();
    server.resume();
    assert_eq!(ran.code, 3, "{ran:?}");
    // The time-out of one answer, and not that of a page.
    assert!(waited < Duration::from_secs(20), "{waited:?}");
    let printed = text.lines().count();
    let end = format!(" (after {printed} of 100000000000 numbers)\n");
    assert!(ran.stderr.ends_with(&end), "{}", ran.stderr);
    let numbers: Vec<String> = text.lines().map(|number| format!("'{number}'")).collect();
    let recorded: u64 = server.value(&format!(
        "SELECT COUNT(*) FROM {}.tracking_entries WHERE number IN ({})",
        database.name(),
        numbers.join(",")
    ));
    assert_eq!(recorded, printed as u64);
}

#[test]
fn the_numbers_of_a_django_service_are_imported() {
    let Some(server) = MariaDb::start(&[]) else {
        return;
    };
    let (operator, database) = (Operator::new(), server.database());
    database.sql(
        "CREATE TABLE tracking_trackingnumber (id bigint AUTO_INCREMENT NOT NULL PRIMARY KEY, \
            tracking_number varchar(16) NOT NULL UNIQUE, created_at datetime(6) NOT NULL)",
    );
    database.sql(
        "INSERT INTO tracking_trackingnumber (tracking_number, created_at) VALUES \
            ('AB12CD34EF56', '2024-01-01 12:00:00.123456'), ('ABC123XYZ4567890', '2024-01-02 12:00:00')",
    );
    let from = url(&database);
    // Into another database, and into its own.
    for to in [crate::ledgers::url(&operator), from.clone()] {
        let mut command = operator.command(["ledger", "import", "--from-django", &from]);
        command.env("TRACKING_DJANGO_PASSWORD", PASSWORD);
        command.env("TRACKING_LEDGER_PASSWORD", PASSWORD);
        let ran = Ran::from(command.env("TRACKING_LEDGER", to).output().unwrap());
        assert_eq!((ran.code, &*ran.stderr), (0, ""), "{ran:?}");
        assert!(
            ran.stdout.starts_with("added        2\nknown        0\n"),
            "{ran:?}"
        );
    }
    let export = ["export", "--format", "ndjson"];
    let of_mysql = run(
        &operator,
        &database,
        &["ledger", "export", "--format", "ndjson"],
    );
    assert_eq!(of_mysql.stdout.lines().count(), 2);
    ledger(&operator, export).assert(0, &of_mysql.stdout, "");
    // Without the password it is not let in, and says so.
    let ran = ledger(&operator, ["import", "--from-django", &from]);
    assert_eq!((ran.code, &*ran.stdout), (3, ""));
    let start = format!("error: cannot read the Django database {from}: ");
    assert!(ran.stderr.starts_with(&start), "{ran:?}");
}
