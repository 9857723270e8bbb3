//! A real `fork` under load: nothing that a child gets is its parent's or its sibling's, whichever
//! way it asks, and nothing hangs.
//!
//! A tenth of the counts, unless TRACKING_PROVE is set: then a parent and 4 children of 10^6
//! numbers each, and 200 forks while locks are taken.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

#[path = "fork/child.rs"]
mod child;
#[path = "fork/taking.rs"]
mod taking;

#[cfg(feature = "mysql")]
#[path = "support/mysql/mod.rs"]
mod mysql_support;
#[cfg(feature = "redis")]
#[path = "support/redis/mod.rs"]
mod support;

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use tracking_core::store::url::FileUrl;
use tracking_core::{
    Allocator, FileAllocator, Generator, Key, MemoryAllocator, Prefix, Serial, Series, SeriesName,
    SeriesOptions, TrackingNumber,
};

use child::Child;
use taking::{Way, take};

const CHILDREN: usize = 4;

/// So many numbers of each thread of a parent are kept to be compared: those that it takes on top of them are
/// load alone, or they would fill the memory.
const KEPT_MAX: usize = 2_000_000;

fn part_of(full: usize) -> usize {
    match std::env::var_os("TRACKING_PROVE") {
        Some(_) => full,
        None => full / 10,
    }
}

fn patient(allocator: Arc<dyn Allocator>) -> Generator {
    Generator::builder()
        .deadline(Duration::from_secs(60))
        .build(allocator)
}

/// Two threads that take numbers for as long as `work` lasts, and until they have `count`.
fn under_load<T>(
    generator: &Generator,
    count: usize,
    work: impl FnOnce() -> T,
) -> (T, Vec<TrackingNumber>) {
    let done = AtomicBool::new(false);
    let load = |way: Way| {
        let (generator, done) = (generator, &done);
        move || {
            let (mut numbers, mut more) = (Vec::new(), Vec::new());
            while numbers.len() < count / 2 || !done.load(Ordering::Relaxed) {
                more.clear();
                let taken = if numbers.len() < KEPT_MAX {
                    &mut numbers
                } else {
                    &mut more
                };
                take(generator, way, 1_000, taken).unwrap();
            }
            numbers
        }
    };
    thread::scope(|scope| {
        let threads = [Way::Next, Way::Fill].map(|way| scope.spawn(load(way)));
        // Also where the work panics, so that the test ends.
        let result = catch_unwind(AssertUnwindSafe(work));
        done.store(true, Ordering::Relaxed);
        let result = result.unwrap_or_else(|panic| resume_unwind(panic));
        let numbers = threads.map(|thread| thread.join().unwrap()).concat();
        (result, numbers)
    })
}

fn assert_no_repeat(mut numbers: Vec<TrackingNumber>) {
    let all = numbers.len();
    numbers.sort_unstable_by(|a, b| a.as_str().cmp(b.as_str()));
    numbers.dedup();
    assert_eq!(all - numbers.len(), 0, "numbers of {all} were given twice");
}

/// A series that survives a fork: parent and children share it, and no number.
fn stays_apart(open: impl Fn() -> Arc<dyn Allocator>) {
    let count = part_of(1_000_000);
    let allocator = open();
    let generator = patient(Arc::clone(&allocator));
    // A runway and a batch in hand, for the children to inherit: in the hand of this thread, which forks,
    // since it takes them fast.
    let mut before: Vec<_> = generator.iter().take(5_000).map(Result::unwrap).collect();
    let folder = tempfile::tempdir().unwrap();
    let (children, numbers) = under_load(&generator, count, || {
        let child = |first: usize| {
            let (generator, allocator) = (&generator, &*allocator);
            Child::fork(&folder.path().join(first.to_string()), || {
                // What was in hand is asked for in each way before any other.
                let mut numbers = Vec::new();
                for turn in 0..Way::ALL.len() {
                    let way = Way::ALL[(first * 2 + turn) % Way::ALL.len()];
                    take(generator, way, 200, &mut numbers)?;
                }
                taking::reserve(allocator, &mut numbers)?;
                // And threads of its own.
                thread::scope(|scope| {
                    let other = scope.spawn(|| {
                        let mut numbers = Vec::new();
                        take(generator, Way::Next, count / 2, &mut numbers).map(|()| numbers)
                    });
                    take(generator, Way::Fill, count / 2, &mut numbers)?;
                    numbers.extend(other.join().map_err(|_| "a thread panicked")??);
                    Ok::<_, String>(())
                })?;
                Ok(numbers)
            })
        };
        let children: Vec<Child> = (0..CHILDREN).map(child).collect();
        children.into_iter().map(Child::numbers).collect::<Vec<_>>()
    });
    before.extend(numbers);
    // What is left of this thread's own batch.
    before.extend(generator.iter().take(1_000).map(Result::unwrap));
    for child in children {
        assert!(child.len() >= count);
        before.extend(child);
    }
    assert_no_repeat(before);
}

/// Whatever lock some thread holds when its process is forked, the child waits for none.
fn never_hangs(open: impl Fn() -> Arc<dyn Allocator>) {
    let allocator = open();
    // Small blocks: there is always a reservation under way.
    let generator = Generator::builder()
        .block_size(NonZeroU32::new(64).unwrap())
        .deadline(Duration::from_secs(60))
        .build(Arc::clone(&allocator));
    let folder = tempfile::tempdir().unwrap();
    let (children, mut numbers) = under_load(&generator, 0, || {
        let mut children = Vec::new();
        for round in 0..part_of(200) {
            let child = Child::fork(&folder.path().join(round.to_string()), || {
                let mut numbers = Vec::new();
                let way = Way::ALL[round % Way::ALL.len()];
                take(&generator, way, 100, &mut numbers)?;
                taking::reserve(&*allocator, &mut numbers)?;
                // A grandchild is another process again.
                let nested = Child::fork(&folder.path().join(format!("{round}-1")), || {
                    let mut numbers = Vec::new();
                    take(&generator, way, 100, &mut numbers).map(|()| numbers)
                });
                numbers.extend(nested.numbers());
                Ok(numbers)
            });
            children.push(child.numbers());
        }
        children.concat()
    });
    numbers.extend(children);
    assert_no_repeat(numbers);
}

fn file(folder: &tempfile::TempDir) -> Arc<dyn Allocator> {
    let url = FileUrl::new(folder.path().join("a.series"));
    Arc::new(FileAllocator::open(&url, &SeriesOptions::default()).unwrap())
}

#[test]
fn children_on_a_file_stay_apart() {
    let folder = tempfile::tempdir().unwrap();
    stays_apart(|| file(&folder));
}

#[test]
fn children_on_a_file_never_hang() {
    let folder = tempfile::tempdir().unwrap();
    never_hangs(|| file(&folder));
}

#[cfg(feature = "redis")]
mod redis {
    use super::*;
    use crate::support::server::RedisServer;
    use tracking_core::{Opening, RedisAllocator, StoreUrl};

    fn open(server: &RedisServer) -> Arc<dyn Allocator> {
        let Ok(StoreUrl::Redis(url)) = server.url().parse() else {
            panic!("{}", server.url());
        };
        let mut options = SeriesOptions::default();
        options.opening = Opening::New;
        Arc::new(RedisAllocator::open(&url, &options).unwrap())
    }

    #[test]
    fn children_on_redis_stay_apart() {
        if let Some(server) = RedisServer::start(&[]) {
            stays_apart(|| open(&server));
        }
    }

    #[test]
    fn children_on_redis_never_hang() {
        if let Some(server) = RedisServer::start(&[]) {
            never_hangs(|| open(&server));
        }
    }
}

#[cfg(feature = "mysql")]
mod mysql {
    use super::*;
    use crate::mysql_support::server::{MySqlServer, until};
    use crate::mysql_support::slow::Slow;
    use tracking_core::{AllocateError, MySqlAllocator, Opening};

    fn open(server: &MySqlServer) -> Arc<dyn Allocator> {
        let url = server.database().parse().unwrap();
        let options = SeriesOptions::default().opening(Opening::New);
        Arc::new(MySqlAllocator::open(&url, &options).unwrap())
    }

    #[test]
    fn children_on_mysql_stay_apart() {
        if let Some(server) = MySqlServer::start(&[]) {
            stays_apart(|| open(&server));
        }
    }

    #[test]
    fn children_on_mysql_never_hang() {
        if let Some(server) = MySqlServer::start(&[]) {
            never_hangs(|| open(&server));
        }
    }

    /// What ends a call in the parent is a thread, which a child does not have.
    #[test]
    fn a_childs_calls_are_over_in_time_too() {
        let Some(server) = MySqlServer::start(&[]) else {
            return;
        };
        let slow = Slow::start(server.port());
        let url = server.database();
        let url = url.replace(&server.port().to_string(), &slow.port().to_string());
        let url = format!("{url}?timeout_ms=800").parse().unwrap();
        let options = SeriesOptions::default().opening(Opening::New);
        let allocator = MySqlAllocator::open(&url, &options).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let connected = folder.path().join("connected");
        let child = Child::fork(&folder.path().join("child"), || {
            loop {
                let start = std::time::Instant::now();
                match allocator.reserve(NonZeroU32::MIN) {
                    Ok(_) => std::fs::write(&connected, "").unwrap(),
                    Err(AllocateError::NotYet { .. }) => {}
                    Err(error) => {
                        let error = error.to_string();
                        let took = start.elapsed();
                        assert!(error.contains("did not answer within 800 ms"), "{error}");
                        assert!(took < Duration::from_millis(1_600), "{took:?}");
                        return Ok(Vec::new());
                    }
                }
            }
        });
        until("a child that has connected", || connected.exists());
        slow.trickle(50);
        assert_eq!(child.numbers(), []);
    }
}

/// A series in memory would be in two places at once: in the child there is nothing of it.
#[test]
fn a_child_gets_nothing_of_a_series_in_memory() {
    let allocator: Arc<dyn Allocator> = Arc::new(MemoryAllocator::new());
    let generator = patient(Arc::clone(&allocator));
    generator.next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ((), numbers) = under_load(&generator, part_of(1_000_000), || {
        for way in Way::ALL {
            let child = Child::fork(&folder.path().join(format!("{way:?}")), || {
                let mut numbers = Vec::new();
                let error = take(&generator, way, 1, &mut numbers).unwrap_err();
                let reserved = taking::reserve(&*allocator, &mut numbers).unwrap_err();
                for error in [error, reserved] {
                    assert!(error.contains("this is a child of that process"), "{error}");
                }
                // One that the child makes is its own.
                take(
                    &Generator::new(MemoryAllocator::new()),
                    way,
                    1,
                    &mut numbers,
                )?;
                numbers.truncate(1);
                Ok(numbers)
            });
            assert_eq!(child.numbers().len(), 1, "{way:?}");
        }
    });
    assert_no_repeat(numbers);
}

/// Two processes that make a series each after a fork do not make the same one.
#[test]
fn a_child_draws_other_keys_than_its_parent() {
    let number = |()| {
        let (name, key) = (SeriesName::default(), Key::random());
        Series::new(name, Prefix::EMPTY, key, Serial::EPOCH_MS)
            .encode(Serial::new(1 << 40).unwrap())
    };
    // So that a generator within the process has been seeded.
    let _ = number(());
    let folder = tempfile::tempdir().unwrap();
    let children: Vec<Child> = (0..CHILDREN)
        .map(|child| {
            let path = folder.path().join(child.to_string());
            Child::fork(&path, || Ok(vec![number(())]))
        })
        .collect();
    let mut numbers: Vec<_> = children.into_iter().flat_map(Child::numbers).collect();
    numbers.push(number(()));
    assert_no_repeat(numbers);
}

/// The check is what keeps them apart: a fork that goes round the C library, of which nobody is
/// told, gives the child its parent's numbers.
#[test]
fn an_unseen_fork_repeats() {
    let generator = Generator::new(MemoryAllocator::new());
    generator.next().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let child = Child::unseen(&folder.path().join("child"), || {
        generator
            .try_next()
            .map(|number| vec![number])
            .map_err(|error| error.to_string())
    });
    assert_eq!(child.numbers(), [generator.try_next().unwrap()]);
}
