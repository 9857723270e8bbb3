//! A store that hosts share, and that restarts.

use super::until;
use crate::redis_servers::server::RedisServer;
use crate::support::{Client, Program, Scrape};

#[test]
fn a_redis_that_restarts_is_seen_to_go_and_to_come_back_as_another() {
    let Some(mut redis) = RedisServer::start(&[]) else {
        return;
    };
    let key = ("TRACKING_KEY", "000102030405060708090a0b0c0d0e0f");
    let program = Program::start(&["--store", &redis.url()], &[key]);
    let mut client = Client::connect(program.address);
    let issued = client.ask("GET", "/next-tracking-number").json();
    let verdict = format!(
        "/tracking-numbers/{}",
        issued["tracking_number"].as_str().unwrap()
    );
    // To judge a number the server looks at the store anew, which a scrape then need not.
    let mut scrape = || {
        client.ask("GET", &verdict);
        Scrape::of(&mut client)
    };
    let changes = "tracking_store_history_changes_total";

    let first = scrape();
    assert_eq!(first.get("tracking_store_up"), Some(1.0), "{}", first.text);
    assert_eq!(first.get("tracking_lanes_in_use"), Some(1.0));
    assert_eq!(first.get(changes), Some(0.0));
    let ahead = first.get("tracking_store_clock_ahead_seconds").unwrap();
    assert!(ahead.abs() < 0.25, "{ahead}");

    redis.kill();
    until("the store is seen to be down", || {
        scrape().get("tracking_store_up") == Some(0.0)
    });
    redis.start_again();
    // What was lost is written with the next reservation.
    let mut taker = Client::connect(program.address);
    until("the new history is seen", || {
        taker.order_many("text/plain", r#"{"count":70000}"#);
        scrape().get(changes) == Some(1.0)
    });
    let last = scrape();
    assert_eq!(last.get("tracking_store_up"), Some(1.0));
    // The fence of the new history.
    assert!(last.value(r#"tracking_reservations_total{outcome="not-yet"}"#) > 0.0);
}
