//! `tracking ledger import`.

use crate::ledgers::{find, ledger, open, url};
use crate::support::{Operator, Ran, known_number};

/// What `import` prints, up to the free prefix.
fn report(added: u64, known: u64, could_meet: &str) -> String {
    format!("added        {added}\nknown        {known}\ncould meet   {could_meet}\nfree prefix  ")
}

/// That a run was well, and the prefix that it named.
#[track_caller]
fn free_prefix(ran: &Ran, start: &str) -> String {
    assert_eq!(ran.code, 0, "{ran:?}");
    let free = ran.stdout.strip_prefix(start).expect(&ran.stdout);
    assert!(free.len() == 4 && free.ends_with('\n'), "{ran:?}");
    free.trim_end().to_owned()
}

fn django(operator: &Operator) -> rusqlite::Connection {
    let database = rusqlite::Connection::open(operator.path("db.sqlite3")).unwrap();
    let create = "CREATE TABLE tracking_trackingnumber (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, \
        tracking_number varchar(16) NOT NULL UNIQUE, created_at datetime NOT NULL)";
    database.execute(create, []).unwrap();
    database
}

fn insert(database: &rusqlite::Connection, number: &str) {
    let sql = "INSERT INTO tracking_trackingnumber (tracking_number, created_at) VALUES (?1, '2024-01-01 12:00:00.123456')";
    database.execute(sql, [number]).unwrap();
}

#[test]
fn a_django_service_is_imported_again_and_again() {
    let operator = Operator::new();
    let database = django(&operator);
    insert(&database, "AB12CD34EF56");
    insert(&database, "ABC123XYZ4567890");
    let from = format!("sqlite:{}", operator.path("db.sqlite3").display());
    let import = || ledger(&operator, ["import", "--from-django", &from]);
    let ran = import();
    let could_meet = "-, since the series is not there";
    let free = free_prefix(&ran, &report(2, 0, could_meet));
    assert!(
        !["AB1", "ABC"].contains(&&*free) && ran.stderr.is_empty(),
        "{ran:?}"
    );
    insert(&database, "7Q2");
    free_prefix(&import(), &report(1, 2, could_meet));
    assert!(!operator.path(".local").exists(), "no series was made");
    ledger(&operator, ["show", "AB12CD34EF56", "--format", "json"]).assert(
        0,
        "{\"tracking_number\":\"AB12CD34EF56\",\"created_at\":\"2024-01-01T12:00:00.123Z\",\"origin_country_id\":null,\"destination_country_id\":null,\"weight\":null,\"customer_id\":null,\"customer_name\":null,\"customer_slug\":null,\"order_created_at\":null,\"reference\":null,\"token\":null,\"request_id\":null,\"origin\":\"imported\"}\n",
        "",
    );
}

#[test]
fn what_could_meet_the_series_is_counted() {
    let operator = Operator::with_known_series();
    let database = django(&operator);
    // Of the series' form, and possible; whatever the time, since it may come to that yet.
    let (mine, future) = (known_number(3, 1, 0), known_number(0, (1 << 38) - 1, 7));
    insert(&database, mine.as_str());
    insert(&database, future.as_str());
    // Another check character, another length, another prefix.
    let mut wrong = mine.to_string();
    let last = if wrong.ends_with('A') { "B" } else { "A" };
    wrong.replace_range(14.., last);
    insert(&database, &wrong);
    insert(&database, &mine.as_str()[..14]);
    insert(&database, &format!("X{}", &mine.as_str()[1..]));
    let from = format!("sqlite:{}", operator.path("db.sqlite3").display());
    let args = ["import", "--from-django", &from];
    let ran = ledger(&operator, args);
    let free = free_prefix(&ran, &report(5, 0, "2, of the series `default`"));
    assert_eq!(
        ran.stderr,
        format!(
            "note: 2 numbers could be issued again by the series; with this ledger none is given out a second time, and a series with the prefix {free} meets none: `tracking series create --series NAME --prefix {free}`\n"
        )
    );
    let ran = ledger(&operator, args.into_iter().chain(["--format", "json"]));
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let free = json["free_prefix"].as_str().unwrap();
    assert_eq!(
        ran.stdout,
        format!(
            "{{\"added\":0,\"known\":5,\"series\":\"default\",\"prefix\":\"AB\",\"could_meet\":2,\"free_prefix\":\"{free}\"}}\n"
        )
    );
    let other = ledger(&operator, args.into_iter().chain(["--series", "other"]));
    let none = report(0, 5, "-, since the series is not there");
    free_prefix(&other, &none);
    // Nor is there one where no default store can be named.
    let mut command = operator.command(["ledger"].into_iter().chain(args));
    command
        .env_remove("HOME")
        .env("TRACKING_LEDGER", url(&operator));
    free_prefix(&command.output().unwrap().into(), &none);
}

#[test]
fn a_number_that_is_imported_is_not_issued_again() {
    let operator = Operator::with_known_series();
    let issued = operator.numbers(3);
    let csv = format!(
        "tracking_number,created_at\n{},2024-01-01T12:00:00Z\n",
        issued[0]
    );
    let ran = operator.run_with_input(
        [
            "ledger",
            "import",
            "--from-csv",
            "-",
            "--ledger",
            &url(&operator),
        ],
        csv.as_bytes(),
    );
    free_prefix(&ran, &report(1, 0, "1, of the series `default`"));
    assert!(ran.stderr.starts_with("note: 1 number could"), "{ran:?}");
    assert!(find(&*open(&operator), &issued[0]).is_some());
}

#[test]
fn a_csv_file_is_imported_in_whole_chunks_before_a_mistake() {
    let operator = Operator::new();
    let mut csv = "tracking_number,created_at\r\n".to_owned();
    for index in 0..2_500 {
        csv += &format!("N{index},\"2024-01-01 12:00:00.5\"\r\n");
    }
    let path = operator.path("old.csv");
    let file = path.to_str().unwrap();
    let import = |csv: &str| {
        std::fs::write(&path, csv).unwrap();
        ledger(&operator, ["import", "--from-csv", file])
    };
    let message = format!(
        "error: {file}:2302: expected a time such as 2024-01-01T12:00:00+08:00, or 2024-01-01 12:00:00.123456 in UTC, found \"2024-01-32 12:00:00.5\" (the 2000 numbers before are imported)\n"
    );
    let wrong = csv.replacen("N2300,\"2024-01-01", "N2300,\"2024-01-32", 1);
    import(&wrong).assert(3, "", &message);
    let opened = open(&operator);
    let there = ["N0", "N1999", "N2000", "N2299"].map(|number| find(&*opened, number).is_some());
    assert_eq!(there, [true, true, false, false]);
    free_prefix(
        &import(&csv),
        &report(500, 2_000, "-, since the series is not there"),
    );
    assert!(find(&*opened, "N2499").is_some());
    // A line that is there twice is known the second time.
    let twice = "tracking_number,created_at\nT1,2024-01-01T12:00:00Z\nT1,2024-01-01T12:00:00Z\n";
    free_prefix(
        &import(twice),
        &report(1, 1, "-, since the series is not there"),
    );
}

#[test]
fn what_cannot_be_imported_makes_no_ledger() {
    let operator = Operator::new();
    let folder = operator.path("");
    let missing = operator.path("missing");
    let missing = missing.to_str().unwrap();
    std::fs::write(operator.path("other.csv"), "number\nA\n").unwrap();
    let other = operator.path("other.csv");
    let django = format!("sqlite:{missing}");
    for (args, code, message) in [
        (
            ["--from-csv", missing],
            3,
            format!("cannot read {missing}: No such file or directory (os error 2)"),
        ),
        (
            ["--from-csv", folder.to_str().unwrap()],
            3,
            format!("cannot read {}: Is a directory (os error 21)", folder.display()),
        ),
        (
            ["--from-csv", other.to_str().unwrap()],
            3,
            format!("{}:1: expected the header tracking_number,created_at, found \"number\"", other.display()),
        ),
        (
            ["--from-django", &django],
            3,
            format!("cannot read the Django database {django}: unable to open database file: {missing}"),
        ),
        (
            ["--from-django", "none"],
            2,
            "--from-django: expected sqlite:PATH or mysql://USER@HOST/DB, found none".to_owned(),
        ),
        (
            ["--from-django", "postgres://h/d"],
            2,
            "--from-django: expected a database such as sqlite:PATH, mysql://USER@HOST/DB or none, found \"postgres\"".to_owned(),
        ),
        (
            ["--from-django", "mysql://u:secret@h/d"],
            2,
            "--from-django: the URL holds a password, and every user of this host can read a command line; put it in the variable TRACKING_DJANGO_PASSWORD instead".to_owned(),
        ),
    ] {
        let ran = ledger(&operator, ["import"].into_iter().chain(args));
        ran.assert(code, "", &format!("error: {message}\n"));
    }
    for args in [&[][..], &["--from-csv", "-", "--from-django", "sqlite:x"]] {
        let ran = ledger(&operator, ["import"].iter().chain(args).copied());
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{ran:?}");
    }
    let ran = operator.run(["ledger", "import", "--from-csv", missing]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr
            .starts_with("error: `tracking ledger` needs a ledger: "),
        "{ran:?}"
    );
    assert!(!operator.path("ledger.db").exists() && !operator.path("missing").exists());
}
