use std::sync::atomic::AtomicUsize;
use std::task::Wake;

use tokio::sync::Semaphore;

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

fn place() -> OwnedSemaphorePermit {
    Arc::new(Semaphore::new(1)).try_acquire_owned().unwrap()
}

#[test]
fn only_who_waits_too_long_is_closed_and_woken() {
    let mut controls = controls();
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(Arc::clone(&wakes));
    let [early, late, gone] = [10, 20, 10].map(|deadline_ms| {
        let control = controls.add(place());
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
    let control = controls.add(place());
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

#[test]
fn who_idles_longest_makes_room() {
    let mut controls = controls();
    let all: Vec<_> = (0..10).map(|_| controls.add(place())).collect();
    for (index, control) in (0..).zip(&all) {
        // In use, in a head, or idle since 10 s, 11 s and so on.
        match index {
            0 => control.busy(),
            1 => {}
            _ => control.enter(Phase::Idle, 70_000 + index * 1_000),
        }
    }
    controls.make_room(13_000);
    let finished: Vec<_> = (0..10)
        .filter(|&index| all[index].order(Waker::noop()) == Order::Finish)
        .collect();
    assert_eq!(finished, [2]);
    controls.make_room(14_000);
    let finished: Vec<_> = (0..10)
        .filter(|&index| all[index].order(Waker::noop()) == Order::Finish)
        .collect();
    assert_eq!(finished, [2, 3]);
}

#[test]
fn an_order_is_never_softened() {
    let mut controls = controls();
    let control = controls.add(place());
    control.tell(Order::Close);
    control.tell(Order::Finish);
    control.tell(Order::Drain);
    assert_eq!(control.order(Waker::noop()), Order::Close);
}
