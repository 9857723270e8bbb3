//! Servers on a Redis, which hosts share.

use std::collections::HashSet;

use crate::redis_servers::server::RedisServer;
use crate::support::{Client, Program, run_to_end};

const KEY: &str = "000102030405060708090a0b0c0d0e0f";

#[test]
fn servers_that_are_given_the_same_key_make_one_series_and_repeat_nothing() {
    let Some(redis) = RedisServer::start(&[]) else {
        return;
    };
    let store = redis.url();
    let args = ["--store", &*store];
    let refused = run_to_end(&args, &[]);
    assert_eq!(refused.status.code(), Some(3));
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("`tracking series create`") && said.contains("restore"),
        "{said}"
    );

    let variables = [("TRACKING_KEY", KEY)];
    let servers = [
        Program::start(&args, &variables),
        Program::start(&args, &variables),
    ];
    for server in &servers {
        let said = server.welcome.join("\n");
        assert!(said.contains("warning: Redis persists nothing"), "{said}");
        assert!(
            !said.contains("this file's alone") && !said.contains(KEY),
            "{said}"
        );
    }
    let numbers: HashSet<String> = std::thread::scope(|scope| {
        let asked = servers.each_ref().map(|server| {
            scope.spawn(|| {
                let mut client = Client::connect(server.address);
                let number = |_| client.ask("GET", "/next-tracking-number").json();
                let answers: Vec<_> = (0..1_000).map(number).collect();
                answers
            })
        });
        let answers = asked.into_iter().flat_map(|asked| asked.join().unwrap());
        answers
            .map(|answer| answer["tracking_number"].as_str().unwrap().to_owned())
            .collect()
    });
    assert_eq!(numbers.len(), 2_000);
    let prefixes: HashSet<&str> = numbers.iter().map(|number| &number[..3]).collect();
    assert_eq!(prefixes.len(), 1);
}
