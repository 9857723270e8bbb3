//! `tracking series restore`: a series that was lost, from a backup of its key.

use std::os::unix::fs::PermissionsExt;

use super::{ADVICE, value};
use crate::support::{KEY, Operator, known_series};

/// What `--reveal-key` prints brings a lost series back, in either format.
#[test]
fn a_backup_restores_a_lost_series() {
    for format in ["text", "json"] {
        let operator = Operator::new();
        let numbers = operator.numbers(3);
        let shown = operator.run(["series", "show"]).stdout;
        let backup = operator.run(["series", "show", "--reveal-key", "--format", format]);
        operator.write_private("backup", &backup.stdout);
        std::fs::remove_file(operator.path(".local/state/tracking/default.series")).unwrap();

        let path = operator.path("backup");
        let (prefix, created) = (value(&shown, "prefix"), value(&shown, "created at"));
        let restored = operator.run([
            "series",
            "restore",
            "--key-file",
            path.to_str().unwrap(),
            "--prefix",
            prefix,
            "--created",
            created,
        ]);
        assert_eq!((restored.code, &*restored.stderr), (0, ADVICE));
        for name in ["fingerprint", "created at", "prefix", "name"] {
            assert_eq!(value(&restored.stdout, name), value(&shown, name));
        }
        let check = ["check"].into_iter().chain(numbers.iter().map(|n| &**n));
        assert_eq!(operator.run(check).code, 0);
        assert!(!numbers.contains(&operator.numbers(1)[0]));
    }
}

/// A backup says of which series it is: nothing else is made of it.
#[test]
fn what_the_backup_says_is_not_contradicted() {
    let operator = Operator::new();
    let created = operator.run(["series", "create", "--series", "eu", "--prefix", "EU"]);
    let created = value(&created.stdout, "created at").to_owned();
    for format in ["text", "json"] {
        let show = ["series", "show", "eu", "--reveal-key", "--format", format];
        let backup = operator.run(show).stdout;
        let backup = backup.replace(&created, "2025-06-01T00:00:00.000Z");
        let path = operator.path("backup");
        let restore = |backup: &str, more: &[&str]| {
            operator.write_private("backup", backup);
            let args = ["series", "restore", "--key-file", path.to_str().unwrap()];
            let store = format!("file:{}", operator.path("restored").display());
            let args = args.into_iter().chain(["--store", &store]);
            let ran = operator.run(args.chain(more.iter().copied()));
            let _ = std::fs::remove_file(operator.path("restored"));
            ran
        };
        let key = backup
            .rsplit(|c: char| !c.is_ascii_hexdigit())
            .find(|w| w.len() == 32)
            .unwrap();
        let digit = if key.starts_with('0') { "1" } else { "0" };
        let changed = backup.replace(key, &format!("{digit}{}", &key[1..]));
        for (backup, more, said) in [
            (
                &backup,
                &["--series", "eu", "--prefix", "EX"][..],
                "prefix \"EU\", and \"EX\"",
            ),
            (
                &backup,
                &["--series", "eu", "--prefix", ""],
                "prefix \"EU\", and \"\"",
            ),
            (&backup, &[], "name \"eu\", and \"default\""),
            (&changed, &["--series", "eu"], "contradict each other"),
            (
                &changed,
                &["--series", "eu", "--prefix", "EU"],
                "contradict each other",
            ),
            (
                &backup,
                &["--series", "eu", "--created", "2025-06-01T00:00:00.001Z"],
                "expected --created no later than the backup says",
            ),
        ] {
            let ran = restore(backup, more);
            assert_eq!((ran.code, &*ran.stdout), (2, ""), "{more:?}: {ran:?}");
            assert!(
                ran.stderr.contains(said) && !ran.stderr.contains(key),
                "{ran:?}"
            );
        }
        for more in [
            &["--series", "eu"][..],
            &["--series", "eu", "--prefix", "EU"],
            &["--series", "eu", "--created", "2025-06-01T00:00:00Z"],
        ] {
            let ran = restore(&format!("\u{feff}{backup}"), more);
            assert_eq!((ran.code, &*ran.stderr), (0, ADVICE), "{more:?}");
            assert_eq!(value(&ran.stdout, "prefix"), "EU");
        }
    }
}

#[test]
fn a_key_file_that_others_may_read_is_told() {
    let operator = Operator::with_known_series();
    let path = operator.path("key");
    for (mode, told) in [(0o600, false), (0o640, false), (0o644, true), (0o602, true)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let ran = operator.run(["series", "show", "--key-file", path.to_str().unwrap()]);
        let warning = format!(
            "warning: {} holds the series' key, and its mode {mode:04o} lets other users of this host in: chmod o= it\n",
            path.display()
        );
        assert_eq!(
            (ran.code, &*ran.stderr),
            (0, if told { &*warning } else { "" })
        );
    }
}

#[test]
fn restore_refuses_what_cannot_be() {
    let operator = Operator::new();
    let path = operator.path("key");
    let restore = |key: &str, more: &[&str]| {
        std::fs::write(&path, key).unwrap();
        let args = ["series", "restore", "--key-file", path.to_str().unwrap()];
        operator.run(args.into_iter().chain(more.iter().copied()))
    };
    restore(KEY, &[]).assert(
        2,
        "",
        "error: expected --prefix of the series that was lost: `(umask 077; tracking series show --reveal-key > backup.txt)` keeps both while it is there\n",
    );
    restore("123", &["--prefix", "AB"]).assert(
        2,
        "",
        &format!(
            "error: {}: expected a key of 32 hexadecimal digits, found 3 characters that are not one\n",
            path.display()
        ),
    );
    for time in ["2024-12-31T23:59:59Z", "2112-01-01T00:00:00Z"] {
        let ran = restore(KEY, &["--prefix", "AB", "--created", time]);
        let found = format!(", found {}.000Z\n", &time[..19]);
        let expected = "error: expected --created between 2025-01-01T00:00:00.000Z and now, ";
        assert!(ran.stderr.starts_with(expected) && ran.stderr.ends_with(&found));
        assert_eq!(ran.code, 2);
    }
    restore(KEY, &["--prefix", "AB", "--created", "yesterday"]).assert(
        2,
        "",
        "error: invalid value 'yesterday' for '--created <TIME>': \"yesterday\" is not a time: expected an RFC 3339 time with an offset, such as 2024-01-01T12:00:00+08:00

For more information, try '--help'.
",
    );
    assert!(!operator.path(".local").exists());
}

#[test]
fn another_key_is_refused() {
    let operator = Operator::with_known_series();
    std::fs::write(operator.path("other"), "f".repeat(32)).unwrap();
    for (key, code) in [("key", 0), ("other", 3)] {
        let path = operator.path(key);
        let ran = operator.run(["next", "--key-file", path.to_str().unwrap()]);
        assert_eq!(ran.code, code, "{ran:?}");
        let found = format!("found {};", known_series().fingerprint());
        assert_eq!(ran.stderr.contains(&found), code == 3, "{ran:?}");
    }
}
