//! A Redis that loses its data, or only its identity.

use super::checked::Checked;
use super::counts::times;
use super::crowd::Crowd;
use super::how::How;
use super::servers::server::RedisServer;

/// `FLUSHALL` so many times, while such clients issue.
pub(crate) fn flush_all(clients: &[How], times: u32) -> Option<Checked> {
    let server = RedisServer::start(&[])?;
    let clients: Vec<_> = clients
        .iter()
        .map(|how| (how.clone(), server.url()))
        .collect();
    let mut crowd = Crowd::create(&server.url(), &clients);
    crowd.goes_on("at first");
    for _ in 0..times {
        server.ask::<String>(&["FLUSHALL"]);
        crowd.goes_on("after FLUSHALL");
    }
    Some(crowd.check())
}

#[test]
fn flush_all_repeats_nothing() {
    let clients = [How::Blocks, How::numbers(), How::Blocks, How::numbers()];
    let times = times(50);
    if let Some(checked) = flush_all(&clients, times) {
        checked.assert_sound(&format!("FLUSHALL, {times} times"));
    }
}

fn restarts(arguments: &[&str], times: u32) -> Option<Checked> {
    let mut server = RedisServer::start(arguments)?;
    let mut crowd = Crowd::four(&server.url());
    crowd.goes_on("at first");
    for _ in 0..times {
        server.kill();
        server.start_again();
        crowd.goes_on("after a restart");
    }
    Some(crowd.check())
}

#[test]
fn restarts_without_persistence_repeat_nothing() {
    let times = times(50);
    if let Some(checked) = restarts(&[], times) {
        checked.assert_sound(&format!("kill -9 without persistence, {times} times"));
    }
}

#[test]
fn restarts_with_append_only_file_repeat_nothing() {
    let times = times(10);
    if let Some(checked) = restarts(&["--appendonly", "yes"], times) {
        checked.assert_sound(&format!("kill -9 with AOF, {times} times"));
    }
}
