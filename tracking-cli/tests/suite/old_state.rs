//! State that earlier versions wrote, which this one goes on with; and of later ones, which it refuses.
//!
//! `tests/data/state` has a folder for each version that was released: a state file, a Redis hash, a MariaDB with a
//! series and a ledger, a ledger of SQLite, and the numbers that were issued from them. A release adds its own:
//!
//! ```text
//! cargo test -p tracking-cli --all-features --test suite writes_the_set_of_this_version -- --ignored
//! ```

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::mysql_servers::server::MySqlServer;
use crate::redis_servers::server::RedisServer;
use crate::support::Operator;

const REDIS: &str = "redis.ndjson";
const MARIADB: &str = "mariadb.sql";
const DATABASE: &str = "shop";

fn sets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/state")
}

/// A store with what is issued from it, and the ledger that it is recorded in.
struct Place {
    name: &'static str,
    store: String,
    ledger: Option<String>,
}

impl Place {
    fn next(&self, operator: &Operator) -> String {
        let mut args = vec!["next", "-n", "20", "--store", &self.store];
        args.extend(self.ledger.iter().flat_map(|ledger| ["--ledger", ledger]));
        let ran = operator.run(args);
        assert_eq!(ran.code, 0, "{}: {ran:?}", self.name);
        ran.stdout
    }
}

/// An operator, and a server of each kind.
struct World {
    operator: Operator,
    redis: RedisServer,
    mysql: MySqlServer,
}

impl World {
    fn start() -> Option<Self> {
        let (redis, mysql) = (RedisServer::start(&[])?, MySqlServer::start(&[])?);
        mysql.run(&format!("CREATE DATABASE {DATABASE}"));
        Some(Self {
            operator: Operator::new(),
            redis,
            mysql,
        })
    }

    fn places(&self) -> [Place; 3] {
        let path = |name: &str| self.operator.path(name).display().to_string();
        let mysql = self.mysql.url(DATABASE);
        [
            Place {
                name: "file",
                store: format!("file:{}", path("default.series")),
                ledger: Some(format!("sqlite:{}", path("ledger.db"))),
            },
            Place {
                name: "redis",
                store: self.redis.url(),
                ledger: None,
            },
            Place {
                name: "mariadb",
                store: mysql.clone(),
                ledger: Some(mysql),
            },
        ]
    }

    fn client(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        let socket = format!("--socket={}", self.mysql.socket().display());
        command.args(["--no-defaults", &socket, "--user=root"]);
        command
    }

    /// All that Redis holds of ours, as commands.
    fn redis_commands(&self) -> String {
        let mut keys: Vec<String> = self.redis.ask(&["KEYS", "{tracking}:*"]);
        keys.sort();
        let lines = keys.iter().map(|key| {
            let mut command = vec!["HSET".to_owned(), key.clone()];
            command.extend(self.redis.ask::<Vec<String>>(&["HGETALL", key]));
            serde_json::to_string(&command).unwrap() + "\n"
        });
        lines.collect()
    }

    fn load(&self, set: &Path) {
        for name in ["default.series", "ledger.db"] {
            std::fs::copy(set.join(name), self.operator.path(name)).unwrap();
            // As a checkout has it others may read it, or write it.
            let owner = std::os::unix::fs::PermissionsExt::from_mode(0o600);
            std::fs::set_permissions(self.operator.path(name), owner).unwrap();
        }
        for line in std::fs::read_to_string(set.join(REDIS)).unwrap().lines() {
            let words: Vec<String> = serde_json::from_str(line).unwrap();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            self.redis.ask::<i64>(&words);
        }
        let dump = std::fs::File::open(set.join(MARIADB)).unwrap();
        let loaded = self.client("mariadb").arg(DATABASE).stdin(dump).status();
        assert!(loaded.unwrap().success());
    }
}

#[test]
#[ignore = "writes tests/data/state/VERSION, once for each release"]
fn writes_the_set_of_this_version() {
    let set = sets().join(env!("CARGO_PKG_VERSION"));
    assert!(!set.exists(), "what a version wrote never changes");
    let world = World::start().expect("servers");
    std::fs::create_dir_all(&set).unwrap();
    for place in world.places() {
        if place.name != "file" {
            let args = ["series", "create", "--store", &place.store];
            assert_eq!(world.operator.run(args).code, 0);
        }
        let issued = place.next(&world.operator) + &place.next(&world.operator);
        std::fs::write(set.join(format!("issued-{}.txt", place.name)), issued).unwrap();
    }
    // What it has in its log belongs into its one file.
    let sqlite = rusqlite::Connection::open(world.operator.path("ledger.db")).unwrap();
    let checkpoint = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
    let busy = sqlite.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], checkpoint);
    assert_eq!(busy.unwrap(), 0);
    drop(sqlite);
    for name in ["default.series", "ledger.db"] {
        std::fs::copy(world.operator.path(name), set.join(name)).unwrap();
    }
    std::fs::write(set.join(REDIS), world.redis_commands()).unwrap();
    let dump = world
        .client("mariadb-dump")
        .args(["--skip-comments", DATABASE])
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(dump.status.success());
    std::fs::write(set.join(MARIADB), dump.stdout).unwrap();
}

#[test]
fn what_every_released_version_wrote_goes_on_and_repeats_nothing() {
    let mut tried = 0;
    for set in std::fs::read_dir(sets()).unwrap() {
        let set = set.unwrap().path();
        let Some(world) = World::start() else {
            return;
        };
        world.load(&set);
        for place in world.places() {
            let before = std::fs::read_to_string(set.join(format!("issued-{}.txt", place.name)));
            let before = before.unwrap();
            assert_eq!(before.lines().count(), 40, "{}", place.name);
            let all = before.clone() + &place.next(&world.operator) + &place.next(&world.operator);
            let audit = ["audit", "--store", &place.store];
            let audit = world.operator.run_with_input(audit, all.as_bytes());
            assert_eq!((audit.code, &*audit.stdout), (0, ""), "{audit:?}");
            if let Some(ledger) = &place.ledger {
                let exported = world.operator.run(["ledger", "export", "--ledger", ledger]);
                for number in all.lines() {
                    assert!(exported.stdout.contains(number), "{number}: {exported:?}");
                }
            }
        }
        tried += 1;
    }
    assert!(tried > 0);
}

/// The bytes of a state file with another version in both slots, and the checksums that fit.
fn with_version(file: &[u8], version: &str) -> Vec<u8> {
    const SLOT: usize = 4096;
    const DIGITS: usize = 8;
    let slots = file.chunks(SLOT).map(|slot| {
        let text = String::from_utf8(slot[DIGITS..].to_vec()).unwrap();
        let old = r#""version":2,"#;
        assert!(text.contains(old), "{text}");
        let text = text.replacen(old, &format!(r#""version":{version},"#), 1);
        format!("{:08x}{text}", crc32fast::hash(text.as_bytes())).into_bytes()
    });
    slots.collect::<Vec<_>>().concat()
}

#[test]
fn what_a_later_version_wrote_is_refused_and_stays_as_it_is() {
    let Some(world) = World::start() else {
        return;
    };
    world.load(&sets().join(env!("CARGO_PKG_VERSION")));
    let operator = &world.operator;
    let [file, redis, mysql] = world.places();
    let refused = |args: &[&str], words: &str| {
        let ran = operator.run(args.iter().copied());
        assert_eq!((ran.code, &*ran.stdout), (3, ""), "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(words), "{args:?}: {ran:?}");
    };

    // The ledgers first, on stores that could issue.
    let sqlite = rusqlite::Connection::open(operator.path("ledger.db")).unwrap();
    let newer = "INSERT INTO tracking_schema (version) VALUES (999)";
    sqlite.execute(newer, []).unwrap();
    drop(sqlite);
    let table = format!("INTO {DATABASE}.");
    world.mysql.run(&newer.replace("INTO ", &table));
    let state = |place: &Place| {
        let shown = operator.run([
            "series",
            "show",
            "--store",
            &place.store,
            "--format",
            "json",
        ]);
        let shown: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
        shown["last_reserved_at"].clone()
    };
    for place in [&file, &mysql] {
        let before = state(place);
        let ledger = place.ledger.as_deref().unwrap();
        let words = "has schema version 999, and this program knows up to ";
        refused(
            &["next", "--store", &place.store, "--ledger", ledger],
            words,
        );
        refused(&["ledger", "list", "--ledger", ledger], words);
        assert_eq!(state(place), before, "{}", place.name);
    }

    let path = operator.path("default.series");
    let newer = with_version(&std::fs::read(&path).unwrap(), "4");
    std::fs::write(&path, &newer).unwrap();
    world
        .redis
        .ask::<i64>(&["HSET", "{tracking}:series:default", "version", "3"]);
    world.mysql.run(&format!(
        "UPDATE {DATABASE}.tracking_series SET version = 3"
    ));
    let row = || {
        let columns = format!("SELECT nonce, timeline, version FROM {DATABASE}.tracking_series");
        world.mysql.ask::<(String, String, u8)>(&columns)
    };
    let (hash, before) = (world.redis_commands(), row());
    for (place, words) in [
        (
            &file,
            "expected version 1 to 3 of the format, found 4; it was written by a newer version of tracking: use that one",
        ),
        (
            &redis,
            "the field `version` of {tracking}:series:default is not as this version of tracking writes it",
        ),
        (
            &mysql,
            "the column `version` of the series' row is not as this version of tracking writes it",
        ),
    ] {
        for args in [
            &["next"][..],
            &["series", "show"],
            &["series", "export", "-"],
            &["check", "A1"],
        ] {
            refused(&[args, &["--store", &place.store]].concat(), words);
        }
    }
    assert_eq!(std::fs::read(&path).unwrap(), newer);
    assert_eq!(world.redis_commands(), hash);
    assert_eq!(row(), before);
}
