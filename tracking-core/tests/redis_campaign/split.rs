//! Two primaries of one series.

use std::thread;
use std::time::Duration;

use super::checked::Checked;
use super::counts::seconds;
use super::crowd::{Crowd, check};
use super::how::How;
use super::pair::{HASH, Pair};
use super::servers::server::until;

/// Both sides grant for a time, each to such clients.
pub(crate) fn split_brain(clients: &[How], time: Duration) -> Option<Checked> {
    let pair = Pair::start()?;
    let mut crowd = Crowd::create(&pair.servers[0].url(), &[]);
    until("a series on the replica", || {
        pair.servers[1].ask::<i64>(&["EXISTS", HASH]) == 1
    });
    for server in &pair.servers {
        for how in clients {
            crowd.add(how, &server.url());
        }
    }
    let of = [0..clients.len(), clients.len()..2 * clients.len()];
    crowd.some_go_on(of[0].clone(), "at the primary");
    pair.promote(1);
    crowd.goes_on("on both sides");
    let before = crowd.counts();
    thread::sleep(time);
    let after = crowd.counts();
    crowd.goes_on("on both sides, in the end");
    pair.follow(0, 1);
    crowd.some_go_on(of[1].clone(), "after the split has healed");
    let left = crowd.end();
    for k in 0..left.len() {
        // At least one in two ticks, by each client all the time.
        let (issued, least) = (after[k] - before[k], time.as_millis() as u64 / 20);
        assert!(issued >= least, "client {k}: {issued}, not {least}");
    }
    Some(check(&left))
}

#[test]
fn a_split_brain_repeats_nothing() {
    let time = seconds(20);
    if let Some(checked) = split_brain(&[How::Blocks, How::numbers()], time) {
        checked.assert_sound(&format!("split brain, {time:?}"));
        assert!(checked.lanes >= 2, "{checked}");
    }
}
