//! What goes wrong in a server, and what the user reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tracking_core::{Allocator, Clock, OpenStore, Opening, RedisAllocator, SystemClock};

use crate::common::*;
use crate::support::server::RedisServer;

#[test]
fn a_field_that_no_step_leaves_so_is_named_and_nothing_granted() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let allocator = create(&server.url());
    let twelve_digits = "274877906944";
    let short = "1 2 3";
    for (field, value) in [
        ("version", "2"),
        ("version", ""),
        ("history", ""),
        ("history", "a b"),
        ("history", &"x".repeat(129)),
        ("lane", "64"),
        ("lane", "-1"),
        ("lane", "1.5"),
        ("lane", "0x1"),
        ("lane", "01"),
        ("lane", "nan"),
        ("tick", twelve_digits),
        ("tick", "1e3"),
        ("tick", ""),
        ("slot", "262145"),
        ("slot", " 1"),
        ("slot", "99999999999999999999999999"),
    ] {
        let right: String = server.ask(&["HGET", HASH, field]);
        server.ask::<i64>(&["HSET", HASH, field, value]);
        assert_corrupt(&allocator, &server, field);
        assert!(allocator.snapshot().is_err(), "{field} {value:?}");
        server.ask::<i64>(&["HSET", HASH, field, &right]);
    }
    for field in ["version", "history", "lane", "tick", "slot"] {
        let right: String = server.ask(&["HGET", HASH, field]);
        server.ask::<i64>(&["HDEL", HASH, field]);
        assert_corrupt(&allocator, &server, field);
        server.ask::<i64>(&["HSET", HASH, field, &right]);
    }
    // The other lanes count when the lane changes: here for a new history.
    for last in [short, "", &"1 ".repeat(64), &["274877906944"; 64].join(" ")] {
        let right: Vec<String> = server.ask(&["HMGET", HASH, "last", "history"]);
        server.ask::<i64>(&["HSET", HASH, "last", last, "history", "another"]);
        assert_corrupt(&allocator, &server, "last");
        server.ask::<i64>(&["HSET", HASH, "last", &right[0], "history", &right[1]]);
    }
    reserve(&allocator, 1).unwrap();

    // An opener looks at the series, too.
    for (field, value) in [
        ("prefix", "QQQ"),
        ("key", "00000000000000000000000000000000"),
        ("key", "x"),
        ("name", "else"),
        ("created_at", "yesterday"),
        ("fingerprint", "0000000000000000"),
    ] {
        let right: String = server.ask(&["HGET", HASH, field]);
        server.ask::<i64>(&["HSET", HASH, field, value]);
        let message = refusal(open(&server.url(), &options(Opening::Existing)), &server);
        assert!(
            message.contains(field)
                || message.contains("fingerprint")
                || message.contains("--series else"),
            "{message}"
        );
        server.ask::<i64>(&["HSET", HASH, field, &right]);
    }
}

fn assert_corrupt(allocator: &impl Allocator, server: &RedisServer, field: &str) {
    let before: Vec<String> = server.ask(&["HGETALL", HASH]);
    let message = failure(allocator, server);
    let start = format!(
        "refused: redis+unix://SOCKET: the field `{field}` of {HASH} is not as this version of tracking writes it; nothing is granted from it."
    );
    assert!(message.starts_with(&start), "{field}: {message}");
    let after: Vec<String> = server.ask(&["HGETALL", HASH]);
    assert_eq!(after, before, "{field}: nothing was written");
}

/// Our own words to the letter; the server's own differ between Redis 6, 7 and Valkey.
fn assert_told(message: &str, ours: &str, theirs: &str) {
    assert!(message.starts_with(ours), "{message}");
    assert!(message.ends_with(theirs), "{message}");
}

#[test]
fn a_value_of_another_type() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let allocator = create(&server.url());
    server.ask::<String>(&["FLUSHALL"]);
    server.ask::<String>(&["SET", HASH, "x"]);
    let expected = "refused: redis+unix://SOCKET: SOCKET: the key holds something else than a series; delete or rename it (WRONGTYPE Operation against a key holding the wrong kind of value)";
    assert_eq!(failure(&allocator, &server), expected);
    let opened = open(&server.url(), &options(Opening::Existing));
    assert_eq!(refusal(opened, &server), expected);
}

#[test]
fn refusals_of_a_running_server() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let allocator = create(&server.url());
    let set = |name: &str, value: &str| {
        server.ask::<String>(&["CONFIG", "SET", name, value]);
    };

    set("maxmemory", "1");
    assert_told(
        &failure(&allocator, &server),
        "unavailable: redis+unix://SOCKET: SOCKET: its memory is used up (maxmemory) (",
        "OOM command not allowed when used memory > 'maxmemory'.)",
    );
    set("maxmemory", "0");
    reserve(&allocator, 1).unwrap();

    set("min-replicas-to-write", "2");
    assert_told(
        &failure(&allocator, &server),
        "unavailable: redis+unix://SOCKET: SOCKET: too few replicas are connected (min-replicas-to-write) (",
        "Not enough good replicas to write.)",
    );
    set("min-replicas-to-write", "0");
    reserve(&allocator, 1).unwrap();

    // A replica of nothing that can be reached.
    server.ask::<String>(&["REPLICAOF", "127.0.0.1", "1"]);
    assert_eq!(
        failure(&allocator, &server),
        "unavailable: redis+unix://SOCKET: SOCKET is a read-only replica; name its primary, or use redis+sentinel:// to have it found"
    );
    set("replica-serve-stale-data", "no");
    let message = failure(&allocator, &server);
    assert!(message.contains("read-only replica"), "{message}");
    server.ask::<String>(&["REPLICAOF", "NO", "ONE"]);
    reserve(&allocator, 1).unwrap();
}

#[test]
fn a_script_that_runs_for_long_keeps_it_busy() {
    let Some(server) = RedisServer::start(&["--lua-time-limit", "50"]) else {
        return;
    };
    let allocator = create(&server.url());
    let connection = server.connection().unwrap();
    let hog = std::thread::spawn(move || {
        let mut connection = connection;
        let _: redis::RedisResult<()> = redis::cmd("EVAL")
            .arg("while true do end")
            .arg(0)
            .query(&mut connection);
    });
    crate::support::server::until("a busy server", || {
        server
            .try_ask::<String>(&["PING"])
            .is_err_and(|error| error.code() == Some("BUSY"))
    });
    assert_told(
        &failure(&allocator, &server),
        "unavailable: redis+unix://SOCKET: SOCKET: another script keeps it busy (BUSY ",
        " is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.)",
    );
    server.ask::<String>(&["SCRIPT", "KILL"]);
    hog.join().unwrap();
    reserve(&allocator, 1).unwrap();
}

#[test]
fn a_server_that_still_loads() {
    let Some(mut server) = RedisServer::start(&[
        "--appendonly",
        "yes",
        "--key-load-delay",
        "2000",
        "--loading-process-events-interval-bytes",
        "1024",
    ]) else {
        return;
    };
    let allocator = create(&server.url());
    let fill = "for k = 1, 20000 do redis.call('SET', 'filler' .. k, 'x') end return 'OK'";
    server.ask::<String>(&["EVAL", fill, "0"]);
    server.ask::<String>(&["BGREWRITEAOF"]);
    crate::support::server::until("an AOF", || {
        server.info("aof_rewrite_in_progress") == "0" && server.info("aof_rewrites") != "0"
    });
    server.kill();
    server.start_again();
    assert_told(
        &failure(&allocator, &server),
        "unavailable: redis+unix://SOCKET: SOCKET: it is still loading its data (LOADING ",
        " is loading the dataset in memory)",
    );
}

#[test]
fn a_server_whose_disk_is_full() {
    let Some(server) = RedisServer::start(&["--enable-protected-configs", "yes"]) else {
        return;
    };
    let allocator = create(&server.url());
    // Snapshots that fail: the folder to write them to is gone.
    server.ask::<String>(&["CONFIG", "SET", "save", "1 1"]);
    let folder = server.folder().join("gone");
    std::fs::create_dir(&folder).unwrap();
    server.ask::<String>(&["CONFIG", "SET", "dir", &folder.display().to_string()]);
    std::fs::remove_dir(&folder).unwrap();
    let _: redis::RedisResult<String> = server.try_ask(&["BGSAVE"]);
    crate::support::server::until("a failed snapshot", || {
        server.info("rdb_last_bgsave_status") == "err"
    });
    let message = failure(&allocator, &server);
    assert!(
        message.starts_with("unavailable: redis+unix://SOCKET: SOCKET: it cannot write to its disk, and so takes no writes; is the disk full? (MISCONF "),
        "{message}"
    );
    server.ask::<String>(&["CONFIG", "SET", "stop-writes-on-bgsave-error", "no"]);
    reserve(&allocator, 1).unwrap();
}

#[test]
fn scripts_are_loaded_again_where_they_were_forgotten() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let allocator = create(&server.url());
    let connections = server.info("total_connections_received");
    server.ask::<String>(&["SCRIPT", "FLUSH"]);
    reserve(&allocator, 1).unwrap();
    let now: u64 = server.info("total_connections_received").parse().unwrap();
    // The test's own two questions, and none of the allocator.
    assert_eq!(now, connections.parse::<u64>().unwrap() + 2);
}

#[test]
fn a_cluster_under_a_plain_url_and_a_server_under_that_of_a_cluster() {
    let Some(server) = RedisServer::start(&["--cluster-enabled", "yes"]) else {
        return;
    };
    let message = refusal(open(&server.url(), &options(Opening::New)), &server);
    assert!(
        message.starts_with("unavailable: redis+unix://SOCKET: SOCKET: the cluster is down, or does not serve this slot (CLUSTERDOWN Hash slot not served"),
        "{message}"
    );
    let Some(plain) = RedisServer::start(&[]) else {
        return;
    };
    let url = format!("redis+cluster://127.0.0.1:{}", plain.port());
    assert_eq!(
        refusal(open(&url, &options(Opening::New)), &plain),
        "unavailable: redis+cluster://HOST: no node of the cluster can be asked for its slots: HOST: HOST: it refused (ERR This instance has cluster support disabled)"
    );
}

#[test]
fn nobody_there() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let missing = "redis+unix:///nonexistent/socket";
    assert_eq!(
        refusal(open(missing, &options(Opening::New)), &server),
        "unavailable: redis+unix:///nonexistent/socket: cannot connect to /nonexistent/socket: No such file or directory (os error 2)"
    );
    let opened = open("redis://127.0.0.1:1", &options(Opening::New));
    assert_eq!(
        refusal(opened, &server),
        "unavailable: redis://127.0.0.1:1: cannot connect to 127.0.0.1:1: Connection refused (os error 111)"
    );
    let opened = open("redis://no-such-host.invalid", &options(Opening::New));
    let message = refusal(opened, &server);
    assert!(
        message.starts_with("unavailable: redis://no-such-host.invalid:6379: cannot connect to no-such-host.invalid:6379: ")
            || message.contains("took no connection within"),
        "{message}"
    );
}

#[test]
fn what_answers_is_no_redis_or_an_old_one() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    // A server that answers every connection with the same bytes, whatever it is sent.
    let fake = |answer: &'static [u8]| {
        use std::io::{Read, Write};
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("redis://{}", listener.local_addr().unwrap());
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let _ = stream.read(&mut buffer);
            let _ = stream.write_all(answer);
            let _ = stream.read(&mut buffer);
        });
        let message = refusal(open(&url, &options(Opening::New)), &server);
        message.replace(&url, "URL").replace(&url[8..], "FAKE")
    };
    assert_eq!(
        fake(b"$37\r\nredis_version:4.0.14\r\nrun_id:abcdef\r\n\r\n$13\r\nrole:master\r\n\r\n"),
        "refused: URL: FAKE runs Redis 4.0.14; Redis 5 or newer is needed (or Valkey)"
    );
    assert_eq!(
        fake(b"$5\r\nhello\r\n$13\r\nrole:master\r\n\r\n"),
        "unavailable: URL: FAKE gave an answer that is none to what was asked: no redis_version in INFO"
    );
    assert_eq!(
        fake(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        "unavailable: URL: FAKE gave an answer that is none to what was asked: HTTP/1.1 400 Bad Request"
    );
    assert_eq!(
        fake(b"$600000000\r\nabc"),
        "unavailable: URL: FAKE gave an answer of more than 65536 bytes, where far fewer are expected; is it a Redis?"
    );
}

/// The clock of this host is told just before a script is sent, also when it is sent again: what was
/// loaded in between took its time, and rule 4 compares that clock with the server's.
#[test]
fn the_clock_is_read_again_where_a_script_is_sent_again() {
    #[derive(Debug, Default)]
    struct Counting(AtomicU32);
    impl Clock for Counting {
        fn now_ms(&self) -> i64 {
            self.0.fetch_add(1, Ordering::SeqCst);
            SystemClock.now_ms()
        }
        fn exact_ms(&self) -> i64 {
            SystemClock.exact_ms()
        }
        fn monotonic_ms(&self) -> u64 {
            SystemClock.monotonic_ms()
        }
    }
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    create(&server.url());
    let clock = Arc::new(Counting::default());
    let options = options(Opening::Existing);
    let allocator =
        RedisAllocator::open_with_clock(&url(&server.url()), &options, clock.clone()).unwrap();
    let readings = || {
        let before = clock.0.load(Ordering::SeqCst);
        attempt(&allocator).unwrap();
        clock.0.load(Ordering::SeqCst) - before
    };
    let at_once = readings();
    server.ask::<String>(&["SCRIPT", "FLUSH"]);
    assert_eq!(readings(), at_once + 1);
}
