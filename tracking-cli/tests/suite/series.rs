//! `tracking series`.

mod restoring;

use crate::support::{KEY, Operator, Ran, known_series, missing};

const ADVICE: &str = "note: back up the key: without it a lost series cannot be restored, nor its numbers told; `(umask 077; tracking series show --reveal-key > backup.txt)` writes a file with it that you alone may read\n";

/// The value of a line of text.
fn value<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.expect(text).trim()
}

/// What changes by itself.
fn years(ran: &Ran) -> &str {
    value(&ran.stdout, "years left")
}

#[test]
fn show() {
    let operator = Operator::with_known_series();
    let (store, print) = (operator.store(), known_series().fingerprint());
    let ran = operator.run(["series", "show"]);
    let expected = format!(
        "name              default
store             {store}
format            ^AB[0-9A-Z]{{13}}$
prefix            AB
fingerprint       {print}
created at        2025-01-01T00:00:00.000Z
last reserved at  -
years left        {}
",
        years(&ran)
    );
    ran.assert(0, &expected, "");
    let left: f64 = years(&ran).parse().unwrap();
    assert!((60.0..87.1).contains(&left), "{left}");

    let json = |key: &str| {
        format!(
            r#"{{"name":"default","store":"{store}","format":"^AB[0-9A-Z]{{13}}$","prefix":"AB","fingerprint":"{print}","created_at":"2025-01-01T00:00:00.000Z","last_reserved_at":null,"years_left":{}{key}}}
"#,
            years(&ran)
        )
    };
    let show = ["series", "show", "--format", "json"];
    operator.run(show).assert(0, &json(""), "");
    operator
        .run(show.into_iter().chain(["--reveal-key"]))
        .assert(0, &json(&format!(r#","key":"{KEY}""#)), "");

    operator.numbers(1);
    let ran = operator.run(["series", "show"]);
    assert_eq!(value(&ran.stdout, "last reserved at").len(), 24);
}

#[test]
fn list() {
    let operator = Operator::new();
    operator.run(["series", "list"]).assert(
        0,
        "NAME  PREFIX  FINGERPRINT  CREATED AT  LAST RESERVED AT  STORE\n",
        "",
    );
    operator
        .run(["series", "list", "--format", "json"])
        .assert(0, "[]\n", "");
    for (name, prefix) in [("us", "US"), ("eu", ""), ("a", "A")] {
        let created = operator.run(["series", "create", "--series", name, "--prefix", prefix]);
        assert_eq!(created.code, 0, "{created:?}");
    }
    let ran = operator.run(["series", "list"]);
    assert_eq!((ran.code, &*ran.stderr), (0, ""));
    let rows: Vec<Vec<&str>> = ran
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let named: Vec<_> = rows[1..].iter().map(|row| (row[0], row[1])).collect();
    assert_eq!(named, [("a", "A"), ("eu", "-"), ("us", "US")]);

    // One store alone; and each by itself says the same of itself.
    let store = operator.store().replace("default", "us");
    let ran = operator.run(["series", "list", "--store", &store, "--format", "json"]);
    let listed: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let shown = operator.run(["series", "show", "us", "--format", "json"]);
    let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!(listed.as_array().map(Vec::len), Some(1));
    for (member, value) in listed[0].as_object().unwrap() {
        assert_eq!(value, &shown[member], "{member}");
    }
    assert_eq!(listed[0]["store"], store);
}

/// A file that is none keeps nobody from seeing the others.
#[test]
fn list_with_a_file_that_is_none() {
    let operator = Operator::with_known_series();
    let path = operator.store().replace("default", "broken");
    std::fs::write(path.strip_prefix("file:").unwrap(), "x").unwrap();
    std::fs::write(
        path.replace("broken", "No_Name")
            .strip_prefix("file:")
            .unwrap(),
        "x",
    )
    .unwrap();
    let ran = operator.run(["series", "list"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    assert_eq!(ran.stdout.lines().count(), 2, "{ran:?}");
    let mut lines = ran.stderr.lines();
    let first = lines.next().unwrap();
    assert!(
        first.starts_with(&format!("warning: {path}: expected")),
        "{first}"
    );
    assert_eq!(
        lines.collect::<Vec<_>>(),
        ["error: 1 series could not be read"]
    );
    operator
        .run(["series", "list", "--store", "memory:"])
        .assert(
            0,
            "NAME  PREFIX  FINGERPRINT  CREATED AT  LAST RESERVED AT  STORE\n",
            "",
        );
}

#[test]
fn create() {
    let operator = Operator::new();
    operator
        .run(["series", "show"])
        .assert(3, "", &missing(&operator));
    let created = operator.run(["series", "create", "--prefix", "Q"]);
    assert_eq!((created.code, &*created.stderr), (0, ADVICE));
    assert_eq!(value(&created.stdout, "prefix"), "Q");
    operator
        .run(["series", "show"])
        .assert(0, &created.stdout, "");
    assert!(operator.numbers(1)[0].starts_with('Q'));

    let fingerprint = value(&created.stdout, "fingerprint");
    operator.run(["series", "create"]).assert(
        3,
        "",
        &format!(
            "error: {}: the series `default` exists already, with fingerprint {fingerprint}\n",
            operator.store()
        ),
    );
}

#[test]
fn each_name_has_its_file() {
    let operator = Operator::new();
    for name in ["default", "eu"] {
        let created = operator.run(["series", "create", "--series", name]);
        assert_eq!(value(&created.stdout, "name"), name);
        let file = format!(".local/state/tracking/{name}.series");
        assert!(operator.path(&file).exists());
    }
    let store = format!("file:{}", operator.path("elsewhere").display());
    let created = operator.run(["series", "create", "--store", &store]);
    assert_eq!(value(&created.stdout, "store"), store);
    operator.run(["series", "show", "--store", &store, "--series", "eu"]).assert(
        3,
        "",
        &format!("error: {store}: expected the series `eu`, found `default`; name another store, or --series default\n"),
    );
}

#[test]
fn variables_stand_for_options() {
    let operator = Operator::new();
    let store = format!("file:{}", operator.path("x").display());
    let mut command = operator.command(["series", "create"]);
    command.env("TRACKING_STORE", &store);
    command
        .env("TRACKING_SERIES", "eu")
        .env("TRACKING_PREFIX", "EU");
    let ran = Ran::from(command.output().unwrap());
    for (name, expected) in [("name", "eu"), ("store", &store), ("prefix", "EU")] {
        assert_eq!(value(&ran.stdout, name), expected);
    }
}

#[test]
fn show_takes_a_name() {
    let operator = Operator::with_known_series();
    operator.run(["series", "create", "--series", "eu"]);
    for args in [
        &["series", "show", "eu"][..],
        &["series", "show", "--series", "eu"],
    ] {
        assert_eq!(
            value(&operator.run(args.iter().copied()).stdout, "name"),
            "eu"
        );
    }
    let mut command = operator.command(["series", "show", "eu"]);
    let ran = Ran::from(command.env("TRACKING_SERIES", "other").output().unwrap());
    assert_eq!(
        value(&ran.stdout, "name"),
        "eu",
        "it counts for more than the variable"
    );
    for args in [
        ["series", "show", "eu", "--series", "eu"],
        ["--series", "eu", "series", "show", "eu"],
    ] {
        let ran = operator.run(args);
        assert_eq!((ran.code, &*ran.stdout), (2, ""));
        assert!(ran.stderr.contains("found NAME and --series"), "{ran:?}");
    }
}

#[test]
fn a_local_store_makes_its_own_key() {
    let operator = Operator::new();
    let mut command = operator.command(["series", "create"]);
    let ran = Ran::from(command.env("TRACKING_KEY", KEY).output().unwrap());
    assert_eq!(ran.code, 0);
    assert_eq!(
        ran.stderr,
        format!(
            "warning: TRACKING_KEY is not used: a local store has a key of its own (`tracking series restore --key-file` brings a lost one back)\n{ADVICE}"
        )
    );
    let revealed = operator.run(["series", "show", "--reveal-key"]);
    assert_ne!(value(&revealed.stdout, "key"), KEY);

    let other = Operator::new();
    let key = other.path("key");
    std::fs::write(&key, KEY).unwrap();
    let ran = other.run(["series", "create", "--key-file", key.to_str().unwrap()]);
    assert_eq!((ran.code, &*ran.stdout), (2, ""));
    assert!(
        ran.stderr.contains("a local store makes its own key"),
        "{ran:?}"
    );
    assert!(!other.path(".local").exists());
}

/// Such as `--key-file <(age -d backup.age)`: it is read once.
#[test]
fn a_backup_may_come_by_a_pipe() {
    let operator = Operator::new();
    let number = operator.numbers(1).remove(0);
    let backup = operator.run(["series", "show", "--reveal-key"]).stdout;
    let other = Operator::new();
    let restored = other.run_with_input(
        ["series", "restore", "--key-file", "/dev/stdin"],
        backup.as_bytes(),
    );
    assert_eq!(restored.code, 0, "{restored:?}");
    assert_eq!(
        value(&restored.stdout, "fingerprint"),
        value(&backup, "fingerprint")
    );
    assert_eq!(other.run(["check", &number]).code, 0);
}

#[test]
fn the_key_is_only_revealed_when_asked() {
    let operator = Operator::with_known_series();
    let number = operator.numbers(1).remove(0);
    for args in [
        &["next"][..],
        &["next", "--format", "json"],
        &["next", "--prefix", "XY"],
        &["check", &number],
        &["inspect", &number],
        &["inspect", &number, "--format", "json"],
        &["series", "show"],
        &["series", "show", "--format", "json"],
        &["series", "create"],
        &[
            "series",
            "restore",
            "--key-file",
            operator.path("key").to_str().unwrap(),
        ],
        &[
            "series",
            "restore",
            "--key-file",
            operator.path("key").to_str().unwrap(),
            "--prefix",
            "AB",
        ],
    ] {
        let mut command = operator.command(args.iter().copied());
        let ran = Ran::from(command.env("TRACKING_KEY", KEY).output().unwrap());
        assert!(
            !ran.stdout.contains(KEY) && !ran.stderr.contains(KEY),
            "{ran:?}"
        );
    }
    let help = operator
        .command(["--help"])
        .env("TRACKING_KEY", KEY)
        .output();
    assert!(
        !String::from_utf8(help.unwrap().stdout)
            .unwrap()
            .contains(KEY)
    );
}
