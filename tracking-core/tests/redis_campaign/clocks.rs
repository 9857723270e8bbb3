//! The clock of Redis' host steps, with and without a loss of data.

use super::counts::seed;
use super::crowd::Crowd;
use super::servers::clock::ServerClock;
use super::servers::server::RedisServer;
use rand::prelude::*;
use rand::rngs::StdRng;
use tracking_core::Serial;

const STEPS_MS: [i64; 4] = [3_000, -3_000, 3_600_000, -3_600_000];

fn steps(loss: bool) {
    let Some(clock) = ServerClock::compile() else {
        return;
    };
    let Some(mut server) = RedisServer::start_with(&[], Some(clock.library())) else {
        return;
    };
    let mut steps = STEPS_MS;
    steps.shuffle(&mut StdRng::seed_from_u64(seed()));
    let mut crowd = Crowd::four(&server.url());
    crowd.goes_on("at first");
    if !loss {
        grow_old(&server);
    }
    for ms in steps {
        if loss {
            // All at once: grants by the other clock from what is lost then would be an exception
            // that the promise names.
            server.kill();
            clock.step(ms);
            server.start_again();
            // Rule 4: two clocks that disagree grant nothing from a new history.
            crowd.stands_still(&format!("by a clock {ms} ms off"));
        } else {
            clock.step(ms);
            crowd.goes_on("by another clock");
        }
        clock.step(0);
        crowd.goes_on("when the clock is right again");
    }
    // A serial tells Redis' time, not that of the client: so its age says nothing here.
    let left = crowd.end();
    super::crowd::check(&left).assert_unique(&format!("clock steps, loss of data: {loss}"));
    if loss {
        let told = left.iter().flat_map(|left| &left.errors);
        let refused = told.filter(|(_, error)| error.contains("more than 500 ms apart"));
        assert!(
            refused.count() >= 4 * STEPS_MS.len(),
            "{:?}",
            left[0].errors.last()
        );
    }
}

/// As if the series were a day old. A lane counts as used up to its creation, so a clock that goes
/// back to before that finds no lane whose last tick is past, and grants nothing.
fn grow_old(server: &RedisServer) {
    let yesterday = (super::pair::tick(server) - 24 * 3_600 * 100).to_string();
    let last = vec![yesterday; usize::from(Serial::LANES)].join(" ");
    server.ask::<i64>(&["HSET", super::pair::HASH, "last", &last]);
}

#[test]
fn steps_of_the_clock_repeat_nothing() {
    steps(false);
}

#[test]
fn steps_of_the_clock_with_loss_of_data_repeat_nothing() {
    steps(true);
}

#[test]
fn a_clock_before_the_creation_of_the_series_grants_nothing_until_it_is_right() {
    let Some(clock) = ServerClock::compile() else {
        return;
    };
    let Some(server) = RedisServer::start_with(&[], Some(clock.library())) else {
        return;
    };
    let mut crowd = Crowd::four(&server.url());
    crowd.goes_on("at first");
    clock.step(-3_600_000);
    crowd.stands_still("by a clock before the creation");
    clock.step(0);
    crowd.goes_on("when the clock is right again");
    let left = crowd.end();
    let told = left.iter().flat_map(|left| &left.errors);
    let behind = told.filter(|(_, error)| error.contains("behind every lane"));
    assert!(behind.count() >= left.len(), "{:?}", left[0].errors.last());
    super::crowd::check(&left).assert_unique("a clock before the creation of the series");
}
