//! A ledger in a file.

mod conflicts;
mod crash;
mod locks;
mod power_cut;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tracking_core::order::Order;
use tracking_ledger::{LedgerError, LedgerOptions, OldNumber, Recorded};

use crate::suite;
use crate::support::{Place, full_order, number, record_new, recording, says_unavailable};
use tracking_test_support::{FileMount, SmallDisk};

struct SqliteFile {
    folder: TempDir,
}

impl SqliteFile {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }
}

impl Place for SqliteFile {
    fn url(&self) -> String {
        format!("sqlite:{}", self.path().display())
    }

    fn sql(&self, statement: &str) {
        let database = rusqlite::Connection::open(self.path()).unwrap();
        database
            .busy_timeout(std::time::Duration::from_secs(5))
            .unwrap();
        database.execute(statement, []).unwrap();
    }
}

#[test]
fn conforms() {
    suite::run(SqliteFile::new);
}

#[test]
fn a_django_database_is_read() {
    let place = SqliteFile::new();
    let missing = tracking_ledger::DjangoTable::open(&place.url().parse().unwrap());
    assert!(
        missing
            .unwrap_err()
            .to_string()
            .starts_with("cannot read the Django database sqlite:")
            && !place.path().exists()
    );
    suite::django::run(
        &place,
        "CREATE TABLE tracking_trackingnumber (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, \
            tracking_number varchar(16) NOT NULL UNIQUE, created_at datetime NOT NULL)",
    );
}

#[test]
fn the_file_is_its_owners_alone() {
    let place = SqliteFile::new();
    let ledger = place.open();
    record_new(&*ledger, recording(1, &Order::default()));
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?}", entry.file_name());
    }
    assert_eq!(ledger.warnings().unwrap(), [""; 0]);
    std::fs::set_permissions(place.path(), PermissionsExt::from_mode(0o644)).unwrap();
    let warnings = ledger.warnings().unwrap();
    assert!(
        warnings.len() == 1 && warnings[0].contains("has mode 0644"),
        "{warnings:?}"
    );
}

#[test]
fn what_is_no_file_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for path in [
        folder.path().to_owned(),
        folder.path().join("missing/ledger.db"),
        "/dev/null".into(),
    ] {
        let url = format!("sqlite:{}", path.display()).parse().unwrap();
        let error = tracking_ledger::open_ledger(&url, &LedgerOptions::default()).unwrap_err();
        assert!(matches!(error, LedgerError::Refused { .. }), "{error}");
    }
    let text = folder.path().join("text");
    std::fs::write(
        &text,
        "no database at all, but some text that is long enough".repeat(100),
    )
    .unwrap();
    let url = format!("sqlite:{}", text.display()).parse().unwrap();
    tracking_ledger::open_ledger(&url, &LedgerOptions::default()).unwrap_err();
}

/// By another name SQLite has another WAL: what was recorded by the one would be missing by the other.
#[test]
fn a_file_that_has_two_names_is_refused_and_one_with_symbolic_links_is_one() {
    let place = SqliteFile::new();
    drop(place.open());
    let other = tempfile::tempdir().unwrap();
    let refusal = |path: &Path| {
        let url = format!("sqlite:{}", path.display()).parse().unwrap();
        let ledger = tracking_ledger::open_ledger(&url, &LedgerOptions::default());
        ledger.err().map(|error| error.to_string())
    };
    let link = other.path().join("symbolic");
    std::os::unix::fs::symlink(place.path(), &link).unwrap();
    assert_eq!(refusal(&link), None);

    let hard = other.path().join("hard");
    std::fs::hard_link(place.path(), &hard).unwrap();
    for path in [&hard, &place.path(), &link] {
        let refused = refusal(path).unwrap_or_default();
        assert!(
            refused.contains("found one with 2 (hard links)"),
            "{refused}"
        );
    }
    std::fs::remove_file(hard).unwrap();

    let alone = other.path().join("alone");
    std::fs::write(&alone, "").unwrap();
    if let Some(_mounted) = FileMount::of(&place.path(), &alone) {
        let refused = refusal(&alone).unwrap_or_default();
        assert!(
            refused.contains("found the file mounted alone"),
            "{refused}"
        );
    }
    assert_eq!(refusal(&place.path()), None);
}

/// As where a service gave all its old rows the time at which it began to keep one: a millisecond has no more ids.
#[test]
fn old_numbers_of_one_time_are_imported_however_many_there_are() {
    const AT_MS: i64 = 1_600_000_000_000;
    let place = SqliteFile::new();
    let ledger = place.open();
    place.sql(&format!(
        "WITH RECURSIVE count(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM count WHERE k + 1 < 1 << 21) \
         INSERT INTO tracking_entries (id, number, identity, imported) \
         SELECT ({AT_MS} << 21) + k, printf('F%08d', k), 0, 1 FROM count"
    ));
    let old = |k| OldNumber {
        number: format!("G{k:08}").parse().unwrap(),
        issued_at_ms: AT_MS,
    };
    let numbers: Vec<OldNumber> = (0..2_500).map(old).collect();
    let imported = ledger.import(&numbers).unwrap();
    assert_eq!((imported.added, imported.known), (2_500, 0));
    for OldNumber { number, .. } in numbers.into_iter().step_by(500) {
        let found = ledger.find(number).unwrap().unwrap().issued_at_ms;
        assert!((AT_MS + 1..AT_MS + 128).contains(&found), "{found}");
    }
}

#[test]
fn what_was_erased_is_nowhere_in_the_files() {
    let place = SqliteFile::new();
    let ledger = place.open();
    for count in 0..100 {
        record_new(&*ledger, recording(count, &full_order()));
    }
    let holds_name = || {
        std::fs::read_dir(place.folder.path())
            .unwrap()
            .any(|entry| {
                let bytes = std::fs::read(entry.unwrap().path()).unwrap();
                bytes
                    .windows(16)
                    .any(|window| window == b"redbox-logistics")
            })
    };
    assert!(holds_name());
    ledger.erase(full_order().customer_id().unwrap()).unwrap();
    assert!(!holds_name());
}

#[test]
fn a_file_that_is_gone_or_replaced_takes_nothing_and_a_new_one_goes_on() {
    let place = SqliteFile::new();
    let ledger = place.open();
    record_new(&*ledger, recording(1, &Order::default()));
    let aside = place.folder.path().join("aside");
    std::fs::create_dir(&aside).unwrap();
    let names = ["ledger.db", "ledger.db-wal", "ledger.db-shm"];
    let rename = |back: bool| {
        for name in names {
            let (here, there) = (place.folder.path().join(name), aside.join(name));
            let _ = if back {
                std::fs::rename(there, here)
            } else {
                std::fs::rename(here, there)
            };
        }
    };
    rename(false);
    // Another stands there: the connection that is open would write where nobody looks.
    std::fs::write(place.path(), "").unwrap();
    says_unavailable(ledger.record(&[recording(2, &Order::default())]));
    for name in names {
        let _ = std::fs::remove_file(place.folder.path().join(name));
    }
    says_unavailable(ledger.record(&[recording(2, &Order::default())]));
    assert!(!place.path().exists());
    rename(true);
    record_new(&*ledger, recording(3, &Order::default()));
    assert!(ledger.find(number(2)).unwrap().is_none());
}

#[test]
fn a_lock_that_is_held_too_long_is_an_error_within_the_time_out() {
    let place = SqliteFile::new();
    let ledger = place.open();
    let other = rusqlite::Connection::open(place.path()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = std::time::Instant::now();
    says_unavailable(ledger.record(&[recording(1, &Order::default())]));
    assert!(start.elapsed() < std::time::Duration::from_secs(8));
    other.execute_batch("ROLLBACK").unwrap();
    record_new(&*ledger, recording(1, &Order::default()));
}

#[test]
fn a_full_disk_is_an_error_that_loses_nothing_and_ends() {
    let Some(disk) = SmallDisk::mount(1_024) else {
        return;
    };
    let url = format!("sqlite:{}/ledger.db", disk.path().display())
        .parse()
        .unwrap();
    let ledger = tracking_ledger::open_ledger(&url, &LedgerOptions::default())
        .unwrap()
        .unwrap();
    record_new(&*ledger, recording(0, &full_order()));
    disk.fill();
    let mut recorded = vec![0];
    let mut refused = Vec::new();
    for count in 1..200 {
        match ledger.record(&[recording(count, &full_order())]) {
            Ok(outcomes) => {
                assert_eq!(outcomes, [Recorded::New]);
                recorded.push(count);
            }
            Err(error) => {
                assert!(error.is_temporary(), "{error}");
                refused.push(count);
            }
        }
    }
    assert!(!refused.is_empty());
    disk.make_room();
    record_new(&*ledger, recording(1_000, &full_order()));
    for count in recorded {
        assert!(
            ledger.find(number(count)).unwrap().is_some(),
            "{count} was acknowledged"
        );
    }
    let found = refused
        .iter()
        .filter(|count| ledger.find(number(**count)).unwrap().is_some())
        .count() as u64;
    assert_eq!(ledger.doubts().recorded, found, "{:?}", ledger.doubts());
}

#[test]
fn a_disk_that_turns_read_only_is_seen_and_it_goes_on_when_it_is_no_longer() {
    let Some(disk) = SmallDisk::mount(1_024) else {
        return;
    };
    let path = disk.path().join("ledger.db");
    let url = format!("sqlite:{}", path.display()).parse().unwrap();
    let ledger = tracking_ledger::open_ledger(&url, &LedgerOptions::default())
        .unwrap()
        .unwrap();
    record_new(&*ledger, recording(1, &Order::default()));
    ledger.probe().unwrap();
    // After an error it has no connection, and the disk no file that is open.
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    says_unavailable(ledger.probe());
    other.execute_batch("ROLLBACK").unwrap();
    drop(other);
    let remount = |options: &str| {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,{options}")])
            .arg(disk.path())
            .status();
        assert!(status.unwrap().success(), "remount,{options}");
    };
    remount("ro");
    says_unavailable(ledger.probe());
    says_unavailable(ledger.record(&[recording(2, &Order::default())]));
    remount("rw");
    ledger.probe().unwrap();
    record_new(&*ledger, recording(2, &Order::default()));
    assert!(ledger.find(number(1)).unwrap().is_some());
}
