//! A Redis that stands still.

use std::thread;
use std::time::{Duration, Instant};

use super::checked::Checked;
use super::client::DEADLINE;
use super::counts::{seconds, times};
use super::crowd::{Crowd, check};
use super::how::How;
use super::pair::Pair;
use super::servers::server::{RedisServer, until};

/// What a busy machine of two processors may add to any call.
const SLACK_MS: u64 = 600;

#[test]
fn a_runway_hides_that_redis_stands_still() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    // Two processes, 20,000 numbers a second together, with the default block.
    let how = How::Numbers {
        rate: 10_000,
        block_size: 65_536,
        max_age_ms: 120_000,
    };
    let clients = [how.clone(), how].map(|how| (how, server.url()));
    let mut crowd = Crowd::create(&server.url(), &clients);
    crowd.goes_on("at first");
    // Until the runways follow the rate.
    let start = Instant::now();
    let warm = Duration::from_secs(2);
    until("a warm-up", || start.elapsed() >= warm);
    let (before, time) = (crowd.counts(), seconds(10));
    server.pause();
    thread::sleep(time);
    let after = crowd.counts();
    server.resume();
    crowd.goes_on("after it stood still");
    let left = crowd.end();
    for (k, left) in left.iter().enumerate() {
        let issued = after[k] - before[k];
        let wanted = 10 * time.as_millis() as u64;
        assert!(issued > wanted * 3 / 4, "{issued} of {wanted} numbers");
        assert_eq!(left.errors, [], "a caller noticed");
        // The first call waits for the fence.
        let slowest = left.issued[1..].iter().map(|issued| issued.took_ms).max();
        println!(
            "client {k}: {issued} numbers while Redis stood still, the slowest took {slowest:?} ms"
        );
        assert!(u64::from(slowest.unwrap()) < SLACK_MS, "{slowest:?}");
    }
    check(&left).assert_sound(&format!("stopped for {time:?} at 20,000 numbers a second"));
}

#[test]
fn a_redis_that_stands_still_for_longer_is_told_of_in_time() {
    let Some(server) = RedisServer::start(&[]) else {
        return;
    };
    let url = format!("{}?timeout_ms=300", server.url());
    let clients = [How::numbers(), How::Blocks, How::numbers()].map(|how| (how, url.clone()));
    let mut crowd = Crowd::create(&server.url(), &clients);
    crowd.goes_on("at first");
    server.pause();
    // Blocks are a second old at most, so all runways end.
    crowd.stands_still("past their age");
    server.resume();
    let start = Instant::now();
    crowd.goes_on("when it is back");
    let back = start.elapsed();
    let left = crowd.end();
    for left in &left {
        let slowest = left.errors.iter().map(|&(took, _)| took).max().unwrap();
        let allowed = DEADLINE.as_millis() as u64 + SLACK_MS;
        assert!(slowest <= allowed, "an error took {slowest} ms");
    }
    println!("stopped for longer than the runway: numbers again after {back:?}");
    assert!(back < Duration::from_secs(2), "{back:?}");
    check(&left).assert_sound("stopped for longer than the runway");
}

/// It stands still for longer than the time-out, again and again, while such clients issue.
pub(crate) fn stop_and_go(clients: &[How], options: &str, times: u32) -> Option<Checked> {
    let pair = Pair::start()?;
    let server = &pair.servers[0];
    let url = format!("{}?timeout_ms=200{options}", server.url());
    let clients: Vec<_> = clients
        .iter()
        .map(|how| (how.clone(), url.clone()))
        .collect();
    let mut crowd = Crowd::create(&server.url(), &clients);
    crowd.goes_on("at first");
    for _ in 0..times {
        server.pause();
        crowd.is_told("a time-out");
        server.resume();
        crowd.goes_on("after it stood still");
    }
    Some(crowd.check())
}

/// With `wait_replicas` there are two answers to each question, and the second one is a number.
#[test]
fn what_was_asked_before_a_time_out_is_never_taken_for_a_later_answer() {
    let times = times(30);
    for options in ["", "&wait_replicas=1"] {
        if let Some(checked) = stop_and_go(&[How::Blocks, How::Blocks, How::Blocks], options, times)
        {
            checked.assert_sound(&format!(
                "stopped past the time-out{options}, {times} times"
            ));
        }
    }
}
