//! Where one call tries again, how often, and what it says once it gives up.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tracking_core::Opening;
use tracking_core::store::RedisWarning;

use crate::common::*;
use crate::support::cluster::{RedisCluster, SLOT};
use crate::support::server::RedisServer;

/// What stands between the allocator and a server: it is shown each question with its answer, and
/// says what the allocator reads; `None` closes the connection instead.
type Between = dyn Fn(&[u8], &[u8]) -> Option<Vec<u8>> + Send + Sync;

/// The URL of a server with something between.
fn between(
    server: &RedisServer,
    what: impl Fn(&[u8], &[u8]) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> String {
    let what: Arc<Between> = Arc::new(what);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://{}", listener.local_addr().unwrap());
    let port = server.port();
    thread::spawn(move || {
        for client in listener.incoming() {
            let (mut client, what) = (client.unwrap(), Arc::clone(&what));
            thread::spawn(move || {
                let mut server = TcpStream::connect(("127.0.0.1", port)).unwrap();
                let (mut question, mut answer) = ([0; 65_536], [0; 65_536]);
                while let Ok(count @ 1..) = client.read(&mut question) {
                    server.write_all(&question[..count]).unwrap();
                    let answered = server.read(&mut answer).unwrap();
                    let Some(told) = what(&question[..count], &answer[..answered]) else {
                        return;
                    };
                    client.write_all(&told).unwrap();
                }
            });
        }
    });
    url
}

fn has(bytes: &[u8], word: &str) -> bool {
    bytes
        .windows(word.len())
        .any(|part| part == word.as_bytes())
}

/// How often something happened, shared with what stands between. The threads that count answer
/// each other in turn, so any ordering will do.
#[derive(Clone, Default)]
struct Count(Arc<AtomicUsize>);

impl Count {
    fn one_more(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn take(&self) -> usize {
        self.0.swap(0, Ordering::SeqCst)
    }
}

#[test]
fn a_server_that_forgets_each_script_at_once_is_asked_twice() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    create(&server.tcp_url());
    let asked = Count::default();
    let counted = asked.clone();
    let url = between(&server, move |question, answer| {
        if !has(question, "EVALSHA") {
            return Some(answer.to_vec());
        }
        counted.one_more();
        // The SHA-1 of a script that was sent along, and no answer of the script.
        let loaded = if has(question, "LOAD") { 47 } else { 0 };
        Some([&answer[..loaded], b"-NOSCRIPT No matching script.\r\n"].concat())
    });
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    let message = attempt(&allocator).unwrap_err().to_string();
    assert!(
        message
            .ends_with("it forgot the script that was just loaded (NOSCRIPT No matching script.)"),
        "{message}"
    );
    assert_eq!(asked.take(), 2);
}

#[test]
fn a_series_that_vanishes_each_time_is_written_back_three_times() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    create(&server.tcp_url());
    let port = server.port();
    let url = between(&server, move |_, answer| {
        if has(answer, "created") {
            let mut other = TcpStream::connect(("127.0.0.1", port)).unwrap();
            other
                .write_all(format!("DEL {HASH}\r\n").as_bytes())
                .unwrap();
            assert_eq!(other.read(&mut [0; 100]).unwrap(), 4);
        }
        Some(answer.to_vec())
    });
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    server.ask::<i64>(&["DEL", HASH]);
    let message = attempt(&allocator).unwrap_err().to_string();
    assert!(
        message.ends_with(": the series vanished again as soon as it was written back"),
        "{message}"
    );
    let warning = RedisWarning::WrittenBack { times: 3 };
    assert!(allocator.redis_warnings().contains(&warning));
}

#[test]
fn two_nodes_that_send_to_each_other_end_the_call() {
    let Some(cluster) = RedisCluster::start(3) else {
        return;
    };
    let allocator = create(&cluster.url());
    let (from, to) = (cluster.owner(), (cluster.owner() + 1) % 3);
    let source = &cluster.nodes[from];
    let slot = SLOT.to_string();
    source.ask::<i64>(&["DEL", HASH, "{tracking}:prefixes"]);
    source.ask::<String>(&["CLUSTER", "SETSLOT", &slot, "NODE", &cluster.id(to)]);
    let message = failure(&allocator, source);
    assert!(
        message.ends_with(": the cluster sent the call from node to node 6 times"),
        "{message}"
    );
}

/// The server did what it was asked and the answer is lost: what is granted instead are other
/// serials, and the lost ones a gap.
#[test]
fn a_grant_whose_answer_is_lost_is_a_gap() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    create(&server.tcp_url());
    let (grants, to_lose) = (Count::default(), Count::default());
    let (counted, losing) = (grants.clone(), to_lose.clone());
    let url = between(&server, move |_, answer| {
        let granted = has(answer, "granted");
        if granted {
            counted.one_more();
        }
        let lost = granted && losing.take() > 0;
        (!lost).then(|| answer.to_vec())
    });
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    let before = reserve(&allocator, 10).unwrap();
    grants.take();
    to_lose.one_more();
    let after = attempt(&allocator).unwrap();
    assert_eq!(grants.take(), 2, "the lost one, and another");
    assert!(after.start() > before.last());
    let stored: (u64, u32) = server.ask(&["HMGET", HASH, "tick", "slot"]);
    let last = after.last();
    assert_eq!((last.tick(), last.slot() + 1), stored);
    // Where all is in one tick the gap shows: a slot that was granted to nobody.
    if after.start().tick() == before.start().tick() {
        assert!(after.start().slot() > before.last().slot() + 1);
    }
}

/// A connection that breaks on its first call is none that was merely idle: the caller is told.
#[test]
fn a_new_connection_that_breaks_is_told_of() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    create(&server.tcp_url());
    let asked = Count::default();
    let counted = asked.clone();
    let url = between(&server, move |question, answer| {
        let lost = has(question, "EVALSHA");
        if lost {
            counted.one_more();
        }
        (!lost).then(|| answer.to_vec())
    });
    let allocator = open(&url, &options(Opening::Existing)).unwrap();
    // The connection that opened the series, and a new one.
    let told =
        "broke; what was asked of it is abandoned, with the serials that it may have reserved: ";
    for tries in [2, 1] {
        let message = attempt(&allocator).unwrap_err().to_string();
        assert!(message.contains(told), "{message}");
        assert_eq!(asked.take(), tries);
    }
}
