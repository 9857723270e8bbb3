use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Wake, Waker};

use super::*;
use crate::serve::phase::Phase;

#[derive(Debug, Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn controls() -> Controls {
    let limits = crate::Limits {
        read_timeout: Duration::from_secs(1),
        idle_timeout: Duration::from_secs(60),
        answer_timeout: Duration::from_secs(10),
        ..crate::Limits::default()
    };
    Controls::new((&limits).into())
}

#[test]
fn only_who_waits_too_long_is_closed_and_woken() {
    let mut controls = controls();
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let [early, late, gone] = [10, 20, 10].map(|deadline_ms| {
        let control = controls.add(None, None);
        control.enter(Phase::Head, deadline_ms);
        control
    });
    drop(gone);
    let commands = || [&early, &late].map(|control| control.command(&waker));

    assert_eq!(commands(), [Command::Serve; 2]);
    controls.close_overdue(9);
    assert_eq!(commands(), [Command::Serve; 2]);
    controls.close_overdue(10);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    assert_eq!(commands(), [Command::Close, Command::Serve]);
    assert_eq!(controls.all.len(), 2);
}

/// The indices of those that were told this.
fn told(all: &[Arc<Control>], command: Command) -> Vec<usize> {
    let told = |index: &usize| all[*index].command(Waker::noop()) == command;
    (0..all.len()).filter(told).collect()
}

#[test]
fn who_idles_longest_makes_room() {
    let mut controls = controls();
    let all: Vec<_> = (0..10).map(|_| controls.add(None, None)).collect();
    for (index, control) in (0..).zip(&all) {
        // In use, or idle since 10 s, 11 s and so on.
        match index {
            0 | 1 => control.busy(),
            _ => control.enter(Phase::Idle, 70_000 + index * 1_000),
        }
    }
    for (now_ms, expected) in [(12_000, &[][..]), (13_000, &[2][..]), (14_000, &[2])] {
        controls.make_room(&[None], true, now_ms);
        assert_eq!(told(&all, Command::Finish), expected);
    }
    // The one that ends already is a place for one of the two.
    controls.make_room(&[None; 2], true, 14_000);
    assert_eq!(told(&all, Command::Finish), [2, 3]);
    assert!(told(&all, Command::Close).is_empty());
}

#[test]
fn who_sends_no_whole_request_makes_room_before_who_idles_and_who_does_not_read_after() {
    let mut controls = controls();
    let holder = |host: u8| Some(u128::from(host));
    let phases = [
        (Phase::Idle, 2),
        (Phase::Blocked, 1),
        (Phase::New, 2),
        (Phase::Body, 1),
        (Phase::Head, 1),
        (Phase::Busy, 1),
    ];
    let mut since_ms = 10_000;
    let all = phases.map(|(phase, host)| {
        let control = controls.add(holder(host), None);
        let patience_ms = if phase == Phase::Idle { 60_000 } else { 1_000 };
        control.enter(phase, patience_ms + since_ms);
        since_ms += 1;
        control
    });
    for (newcomers, closed, finished) in [
        (1, &[3][..], &[][..]),
        (3, &[2, 3, 4], &[]),
        (4, &[2, 3, 4], &[0]),
        (9, &[1, 2, 3, 4], &[0]),
    ] {
        controls.make_room(&vec![holder(3); newcomers], false, 20_000);
        assert_eq!(told(&all, Command::Close), closed, "{newcomers}");
        assert_eq!(told(&all, Command::Finish), finished, "{newcomers}");
    }
}
