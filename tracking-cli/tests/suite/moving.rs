//! A series that moves from store to store, with the real program and real servers.

use std::os::unix::fs::PermissionsExt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tracking_core::{Generator, Opening, SeriesOptions, open_store};

use crate::mysql_servers::server::MySqlServer;
use crate::redis_servers::server::RedisServer;
use crate::support::{Operator, Ran};

fn export(operator: &Operator, store: &str, file: &str) -> Ran {
    let file = operator.path(file);
    operator.run(["series", "export", file.to_str().unwrap(), "--store", store])
}

fn import(operator: &Operator, store: &str, file: &str) -> Ran {
    let file = operator.path(file);
    operator.run(["series", "import", file.to_str().unwrap(), "--store", store])
}

fn file_store(operator: &Operator, name: &str) -> String {
    format!("file:{}", operator.path(name).display())
}

#[test]
fn the_source_refuses_says_so_and_is_still_read() {
    let operator = Operator::new();
    let number = operator.numbers(1).remove(0);
    let store = operator.store();
    let moved = export(&operator, &store, "a.export");
    assert_eq!((moved.code, &*moved.stdout), (0, ""), "{moved:?}");
    let mode = std::fs::metadata(operator.path("a.export")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o7777, 0o600);
    let text = std::fs::read_to_string(operator.path("a.export")).unwrap();

    let refused = operator.run(["next"]);
    assert_eq!((refused.code, &*refused.stdout), (3, ""));
    let words = [
        "the series was moved away from here at ",
        ", and nothing more is granted here; name the store that it was moved to",
    ];
    for words in words {
        assert!(refused.stderr.contains(words), "{refused:?}");
    }
    // Readers go on, and say it.
    for (args, code) in [
        (&["check", &number][..], 0),
        (&["inspect", &number], 0),
        (&["series", "show"], 0),
    ] {
        let ran = operator.run(args.iter().copied());
        assert_eq!(ran.code, code, "{ran:?}");
        assert!(
            ran.stderr.starts_with("warning: ") && ran.stderr.contains("moved away"),
            "{ran:?}"
        );
    }
    let shown = operator.run(["series", "show", "--format", "json"]).stdout;
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    assert!(
        shown["moved_at"].is_string() && shown["moved_by_export"].is_string(),
        "{shown}"
    );

    // Again, it is the same, and never over a file that is there.
    let there = export(&operator, &store, "a.export");
    let path = operator.path("a.export");
    there.assert(
        3,
        "",
        &format!(
            "error: {} is there already; an export never overwrites a file: name another\n",
            path.display()
        ),
    );
    assert_eq!(operator.run(["series", "export", "-"]).stdout, text);

    let other = file_store(&operator, "other");
    let imported = operator.run_with_input(
        ["series", "import", "-", "--store", &other],
        text.as_bytes(),
    );
    assert_eq!(imported.code, 0, "{imported:?}");
    let next = operator.run(["next", "--store", &other]);
    assert_eq!(next.code, 0, "{next:?}");
    let issued = format!("{number}\n{}", next.stdout);
    for store in [&store, &other] {
        let audit = operator.run_with_input(["audit", "--store", store], issued.as_bytes());
        assert_eq!((audit.code, &*audit.stdout), (0, ""), "{audit:?}");
    }

    operator.run(["series", "export", "x", "--store", "memory:"]).assert(
        2,
        "",
        "error: memory: ends with this process, so no series moves out of it or into it; name another store with --store\n",
    );
    assert_eq!(operator.run(["series", "reopen"]).code, 2);
    assert_eq!(operator.run(["next"]).code, 3);
    assert_eq!(
        operator.run(["series", "reopen", "--allow-repeats"]).code,
        0
    );
    assert_eq!(operator.run(["next"]).code, 0);
}

/// Where the callers are told to take numbers, and what they were given.
struct World<'a> {
    operator: &'a Operator,
    store: Mutex<String>,
    moves: AtomicUsize,
    is_over: AtomicBool,
    issued: Mutex<String>,
    /// The longest that a generator kept its caller waiting.
    longest: Mutex<Duration>,
    /// When a process reserved last, and how long that was after the time before: the longest.
    reserved: Mutex<(Instant, Duration)>,
}

impl World<'_> {
    fn store(&self) -> (usize, String) {
        let store = self.store.lock().unwrap();
        (self.moves.load(Ordering::SeqCst), store.clone())
    }

    fn is_over(&self) -> bool {
        self.is_over.load(Ordering::SeqCst)
    }

    fn generator(store: &str) -> Generator {
        let options = SeriesOptions::default().opening(Opening::Existing);
        Generator::new(open_store(&store.parse().unwrap(), &options).unwrap())
    }

    /// A service: it issues what it has in hand until the new store has some for it.
    fn service(&self) {
        let (mut known, store) = self.store();
        let mut generator = Self::generator(&store);
        let mut issued = String::new();
        // The first has the store to be asked first.
        issued.push_str(generator.next().unwrap().as_str());
        issued.push('\n');
        let mut next = None;
        while !self.is_over() {
            if next.is_none() && self.moves.load(Ordering::SeqCst) != known {
                let (told, store) = self.store();
                (known, next) = (told, Some(Self::generator(&store)));
            }
            if let Some(ready) = next.take_if(|next| next.try_next().is_ok()) {
                generator = ready;
            }
            let asked = Instant::now();
            let number = generator.next().unwrap();
            let waited = asked.elapsed();
            let mut longest = self.longest.lock().unwrap();
            *longest = waited.max(*longest);
            drop(longest);
            issued.push_str(number.as_str());
            issued.push('\n');
            std::thread::sleep(Duration::from_micros(200));
        }
        self.issued.lock().unwrap().push_str(&issued);
    }

    /// A caller without a runway: one process after another.
    fn processes(&self) {
        while !self.is_over() {
            let (_, store) = self.store();
            let ran = self.operator.run(["next", "-n", "50", "--store", &store]);
            let moved = ran.code == 3 && ran.stderr.contains("was moved away from here");
            assert!(ran.code == 0 || moved, "{ran:?}");
            assert!(ran.code == 0 || ran.stdout.is_empty(), "{ran:?}");
            if ran.code == 0 {
                self.issued.lock().unwrap().push_str(&ran.stdout);
                let mut reserved = self.reserved.lock().unwrap();
                let (last, longest) = *reserved;
                *reserved = (Instant::now(), longest.max(last.elapsed()));
            }
        }
    }
}

/// Services with numbers in hand and processes without any take numbers all the while; they are told of a move once it
/// is over.
#[test]
fn a_series_moves_from_file_to_redis_to_mysql_and_to_a_file_under_load_and_repeats_nothing() {
    let (Some(redis), Some(mysql)) = (RedisServer::start(&[]), MySqlServer::start(&[])) else {
        return;
    };
    mysql.run("CREATE DATABASE shop");
    let operator = Operator::new();
    operator.numbers(1);
    let stores = [
        operator.store(),
        redis.url(),
        mysql.url("shop"),
        file_store(&operator, "last"),
        mysql.url("shop"),
    ];
    let world = World {
        operator: &operator,
        store: Mutex::new(stores[0].clone()),
        moves: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
        issued: Mutex::default(),
        longest: Mutex::default(),
        reserved: Mutex::new((Instant::now(), Duration::ZERO)),
    };
    let issued = || world.issued.lock().unwrap().len();
    // Some processes' worth at each store.
    let more = |wanted: usize| {
        let start = (issued(), Instant::now());
        while issued() < start.0 + wanted {
            assert!(
                start.1.elapsed() < Duration::from_secs(60),
                "nothing is issued"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    const PROCESS: usize = 50 * 17;
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| world.service());
            scope.spawn(|| world.processes());
        }
        let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for (index, pair) in stores.windows(2).enumerate() {
                more(6 * PROCESS);
                let file = format!("move-{index}");
                let start = Instant::now();
                let moved = export(&operator, &pair[0], &file);
                assert_eq!(moved.code, 0, "{moved:?}");
                let moved = import(&operator, &pair[1], &file);
                assert_eq!(moved.code, 0, "{moved:?}");
                let took = start.elapsed();
                *world.store.lock().unwrap() = pair[1].clone();
                world.moves.fetch_add(1, Ordering::SeqCst);
                more(2 * PROCESS);
                let (_, longest) = std::mem::replace(
                    &mut *world.reserved.lock().unwrap(),
                    (Instant::now(), Duration::ZERO),
                );
                eprintln!(
                    "move {index}: {} ms for both commands; {} ms between two reservations of processes at most",
                    took.as_millis(),
                    longest.as_millis()
                );
            }
            more(6 * PROCESS);
        }));
        world.is_over.store(true, Ordering::SeqCst);
        if let Err(panic) = done {
            std::panic::resume_unwind(panic);
        }
    });
    let longest = *world.longest.lock().unwrap();
    let issued = std::mem::take(&mut *world.issued.lock().unwrap());
    eprintln!(
        "{} numbers; a service waited for {} ms at most",
        issued.lines().count(),
        longest.as_millis()
    );
    let last = stores.last().unwrap();
    let audit = operator.run_with_input(["audit", "--store", last], issued.as_bytes());
    assert_eq!((audit.code, &*audit.stdout), (0, ""), "{audit:?}");
    // The last store alone issues.
    for (index, store) in stores.iter().enumerate() {
        let code = operator.run(["next", "--store", store]).code;
        assert_eq!(code, if store == last { 0 } else { 3 }, "{index}");
    }
}
