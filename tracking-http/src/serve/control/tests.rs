use std::sync::atomic::AtomicUsize;
use std::task::Wake;

use super::*;

#[derive(Debug, Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

fn controls() -> Controls {
    Controls::new(Patience {
        read_ms: 1_000,
        idle_ms: 60_000,
        answer_ms: 10_000,
    })
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
    let orders = || [&early, &late].map(|control| control.order(&waker));

    assert_eq!(orders(), [Order::Serve; 2]);
    controls.close_overdue(9);
    assert_eq!(orders(), [Order::Serve; 2]);
    controls.close_overdue(10);
    assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
    assert_eq!(orders(), [Order::Close, Order::Serve]);
    assert_eq!(controls.all.len(), 2);
}

/// How long it may wait now, to the second below.
fn seconds_left(control: &Control) -> u64 {
    let now_ms = SystemClock.monotonic_ms();
    (control.deadline_ms.load(Ordering::Relaxed) - now_ms).div_ceil(1_000)
}

#[test]
fn each_phase_has_its_time() {
    let mut controls = controls();
    let control = controls.add(None, None);
    assert_eq!(seconds_left(&control), 1);
    let first = control.deadline_ms.load(Ordering::Relaxed);
    // A byte now and then gains no time.
    control.read();
    assert_eq!(control.deadline_ms.load(Ordering::Relaxed), first);
    control.busy();
    assert_eq!(seconds_left(&control), 11);
    control.read();
    control.write_blocked();
    assert_eq!(seconds_left(&control), 11);
    control.answered();
    assert_eq!(seconds_left(&control), 60);
    control.write_blocked();
    assert_eq!(seconds_left(&control), 1);
    control.wrote();
    assert_eq!(seconds_left(&control), 60);
    control.wrote();
    control.read();
    assert_eq!(seconds_left(&control), 1);
    control.body_awaited();
    assert_eq!(seconds_left(&control), 1);
}

/// The indices of those that were told this.
fn told(all: &[Arc<Control>], order: Order) -> Vec<usize> {
    let told = |index: &usize| all[*index].order(Waker::noop()) == order;
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
        assert_eq!(told(&all, Order::Finish), expected);
    }
    // The one that ends already is a place for one of the two.
    controls.make_room(&[None; 2], true, 14_000);
    assert_eq!(told(&all, Order::Finish), [2, 3]);
    assert!(told(&all, Order::Close).is_empty());
}

#[test]
fn who_sends_no_whole_request_makes_room_before_who_idles_and_who_does_not_read_after() {
    let mut controls = controls();
    let holder = |host| Some(crate::call::rate::Client::V4([10, 0, 0, host]));
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
        assert_eq!(told(&all, Order::Close), closed, "{newcomers}");
        assert_eq!(told(&all, Order::Finish), finished, "{newcomers}");
    }
}

#[test]
fn an_order_is_never_softened() {
    let mut controls = controls();
    let control = controls.add(None, None);
    control.tell(Order::Close);
    control.tell(Order::Finish);
    control.tell(Order::Drain);
    assert_eq!(control.order(Waker::noop()), Order::Close);
}
