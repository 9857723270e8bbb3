use super::*;

fn control() -> Control {
    let patience = Patience {
        read_ms: 1_000,
        idle_ms: 60_000,
        answer_ms: 10_000,
    };
    Control::new(patience, None, None, mpsc::channel(1).0)
}

/// How long it may wait now, to the second below.
fn seconds_left(control: &Control) -> u64 {
    let now_ms = SystemClock.monotonic_ms();
    (control.deadline_ms.load(Ordering::Relaxed) - now_ms).div_ceil(1_000)
}

#[test]
fn each_phase_has_its_time() {
    let control = control();
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
fn a_command_is_never_softened() {
    let control = control();
    control.tell(Command::Close);
    control.tell(Command::Finish);
    control.tell(Command::Drain);
    assert_eq!(control.command(Waker::noop()), Command::Close);
}
