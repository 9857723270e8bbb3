//! Two servers with one MariaDB, as store and as ledger: a key is one number, whichever of them it is sent to.

use std::collections::HashSet;
use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use tracking_ledger::{LedgerOptions, open_ledger};
use tracking_test_support::mysql::server::MySqlServer;

use crate::support::{Answer, Client, Program};

const KEY: (&str, &str) = ("TRACKING_KEY", "000102030405060708090a0b0c0d0e0f");
const NEXT: &str = "/next-tracking-number?weight=1.2";

fn start(url: &str) -> Program {
    let args = ["--store", url, "--ledger", url];
    Program::start(&args, &[KEY, ("RUST_LOG", "off")])
}

fn ask(client: &mut Client, key: &str) -> Answer {
    client.ask_with("GET", NEXT, &[&format!("Idempotency-Key: {key}")])
}

/// The same key at both servers at the same moment: the numbers that they answer, and how often the second one
/// was a replay.
fn race(clients: &mut [Client; 2], keys: usize) -> (Vec<[String; 2]>, usize) {
    let barrier = Barrier::new(2);
    let [first, second] = clients;
    let ask_all = |client: &mut Client| {
        let answers = (0..keys).map(|key| {
            barrier.wait();
            let answer = ask(client, &format!("race-{key}"));
            assert_eq!(answer.status, 200, "{answer:?}");
            let number = answer.json()["tracking_number"].as_str().map(str::to_owned);
            let is_replay = answer.header("idempotent-replayed").is_some();
            (number.unwrap(), is_replay)
        });
        answers.collect::<Vec<_>>()
    };
    let [first, second] = thread::scope(|scope| {
        let other = scope.spawn(|| ask_all(first));
        let mine = ask_all(second);
        [other.join().unwrap(), mine]
    });
    let replays = first
        .iter()
        .chain(&second)
        .filter(|(_, is_replay)| *is_replay);
    let replays = replays.count();
    let both = first.into_iter().zip(second);
    (both.map(|(one, two)| [one.0, two.0]).collect(), replays)
}

#[test]
fn a_key_that_two_servers_get_at_once_is_one_number() {
    let Some(server) = MySqlServer::shared() else {
        return;
    };
    let url = server.database();
    let mut servers = [start(&url), start(&url)];
    let mut clients = servers
        .each_ref()
        .map(|server| Client::connect(server.address));
    let keys = match std::env::var_os("TRACKING_PROVE") {
        Some(_) => 2_000,
        None => 200,
    };
    let (numbers, replays) = race(&mut clients, keys);
    for (key, [one, two]) in numbers.iter().enumerate() {
        assert_eq!(one, two, "race-{key}");
    }
    // One of the two had it new.
    assert_eq!(replays, keys);
    let mut distinct: HashSet<_> = numbers.iter().map(|[number, _]| number.clone()).collect();
    assert_eq!(distinct.len(), keys);

    // One dies while it is asked, and the other is asked again.
    let [dies, other] = &mut clients;
    let (mut unanswered, mut recorded) = (0, 0);
    for round in 0..20 {
        let key = format!("killed-{round}");
        let sent = dies.try_send(&format!(
            "GET {NEXT} HTTP/1.1\r\nHost: test\r\nIdempotency-Key: {key}\r\n\r\n"
        ));
        // From before it reads the request to after its answer.
        thread::sleep(Duration::from_micros(500 * round));
        servers[0].signal(Signal::KILL);
        let answered = sent.then(|| dies.try_receive("GET")).flatten();
        let again = ask(other, &key);
        assert_eq!(again.status, 200, "{again:?}");
        match answered {
            Some(answer) => assert_eq!(answer.body, again.body),
            None => {
                unanswered += 1;
                recorded += usize::from(again.header("idempotent-replayed").is_some());
            }
        }
        let number = again.json()["tracking_number"].as_str().map(str::to_owned);
        assert!(distinct.insert(number.unwrap()), "{key}");
        servers[0] = start(&url);
        *dies = Client::connect(servers[0].address);
    }
    eprintln!(
        "{keys} keys were raced; of 20 servers that were killed, {unanswered} had not answered, and {recorded} of these had recorded"
    );
    assert!(unanswered > 0);

    let ledger = open_ledger(&url.parse().unwrap(), &LedgerOptions::default());
    let ledger = ledger.unwrap().unwrap();
    for number in &distinct {
        let entry = ledger.find(number.parse().unwrap()).unwrap();
        assert!(entry.is_some(), "{number}");
    }
    let (_, database) = url.rsplit_once('/').unwrap();
    let rows: Vec<u64> = server.ask(&format!("SELECT COUNT(*) FROM {database}.tracking_entries"));
    assert_eq!(rows, [distinct.len() as u64]);
}
