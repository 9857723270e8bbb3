use std::time::Instant;

use super::*;

/// What was written, and whether more is taken.
#[derive(Debug, Clone, Default)]
pub(in crate::watch::logging) struct Out(Arc<(Mutex<Written>, Condvar)>);

#[derive(Debug, Default)]
struct Written {
    bytes: Vec<u8>,
    writes: u32,
    is_blocked: bool,
    fails_with: Option<ErrorKind>,
}

impl Out {
    fn blocked() -> Self {
        let out = Self::default();
        out.0.0.lock().unwrap().is_blocked = true;
        out
    }

    fn unblock(&self) {
        self.0.0.lock().unwrap().is_blocked = false;
        self.0.1.notify_all();
    }

    fn fail_with(&self, kind: Option<ErrorKind>) {
        self.0.0.lock().unwrap().fails_with = kind;
    }

    fn writes(&self) -> u32 {
        self.0.0.lock().unwrap().writes
    }

    pub(in crate::watch::logging) fn text(&self) -> String {
        String::from_utf8(self.0.0.lock().unwrap().bytes.clone()).unwrap()
    }

    /// How long it took until it had been written to.
    fn wait(&self) -> Duration {
        let began = Instant::now();
        while self.text().is_empty() {
            assert!(began.elapsed() < Duration::from_secs(20), "never written");
            thread::sleep(Duration::from_millis(1));
        }
        began.elapsed()
    }
}

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut written = self.0.0.lock().unwrap();
        while written.is_blocked {
            written = self.0.1.wait(written).unwrap();
        }
        if let Some(kind) = written.fails_with {
            return Err(kind.into());
        }
        // As a pipe does: not all at once.
        let some = bytes.len().min(100_000);
        written.bytes.extend_from_slice(&bytes[..some]);
        written.writes += 1;
        Ok(some)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn sink(out: &Out) -> Sink {
    Sink::new(out.clone(), false).unwrap()
}

#[test]
fn lines_are_written_together_and_in_their_order() {
    let out = Out::default();
    let sink = sink(&out);
    for _ in 0..100 {
        sink.put(b"a\n", false);
        sink.put(b"b\n", false);
    }
    sink.flush();
    assert_eq!(out.text(), "a\nb\n".repeat(100));
    assert!(out.writes() <= 20, "{} writes", out.writes());
}

#[test]
fn nobody_need_flush() {
    let out = Out::default();
    let sink = sink(&out);
    sink.put(b"a\n", false);
    out.wait();
    assert_eq!(out.text(), "a\n");
}

#[test]
fn important_and_watched_lines_are_not_kept_waiting() {
    for (at_once, is_important) in [(false, true), (true, false)] {
        // The best of some: the machine may be busy.
        let least = (0..20).map(|_| {
            let out = Out::default();
            let sink = Sink::new(out.clone(), at_once).unwrap();
            sink.put(b"a\n", is_important);
            out.wait()
        });
        assert!(least.min().unwrap() < DELAY / 2);
    }
}

#[test]
fn a_full_batch_is_not_kept_waiting() {
    let least = (0..20).map(|_| {
        let out = Out::default();
        let sink = sink(&out);
        let began = Instant::now();
        for _ in 0..BATCH / 64 {
            sink.put(&[b'x'; 64], false);
        }
        out.wait();
        began.elapsed()
    });
    assert!(least.min().unwrap() < DELAY / 2);
}

#[test]
fn what_nobody_takes_is_dropped_and_counted_and_holds_up_no_one() {
    let out = Out::blocked();
    let sink = sink(&out);
    // The writer has it in hand, and hangs.
    sink.put(b"first\n", true);
    while sink.shared.has_lines() {
        thread::sleep(Duration::from_millis(1));
    }
    let line = [&[b'x'; 99][..], b"\n"].concat();
    let began = Instant::now();
    for _ in 0..100_000 {
        sink.put(&line, false);
    }
    sink.put(b"important\n", true);
    assert!(began.elapsed() < Duration::from_secs(10));
    let kept = WAITING_MAX / line.len();
    let dropped: u64 = sink
        .shared
        .waiting
        .iter()
        .map(|waiting| lock(waiting).dropped)
        .sum();
    assert_eq!(dropped, 100_000 - kept as u64);
    out.unblock();
    sink.flush();
    let text = out.text();
    assert!(text.starts_with("first\nxxx") && text.ends_with("x\nimportant\n"));
    assert_eq!(text.lines().count(), 1 + kept + 1);
}

#[test]
fn a_flush_ends_though_nobody_reads() {
    let out = Out::blocked();
    let sink = sink(&out);
    sink.put(b"a\n", false);
    let began = Instant::now();
    sink.flush();
    assert!(began.elapsed() >= PATIENCE);
    out.unblock();
    sink.flush();
    assert_eq!(out.text(), "a\n");
}

#[test]
fn no_error_ends_it() {
    let out = Out::default();
    let sink = sink(&out);
    out.fail_with(Some(ErrorKind::BrokenPipe));
    sink.put(b"lost\n", true);
    sink.flush();
    out.fail_with(Some(ErrorKind::WouldBlock));
    sink.put(b"kept\n", true);
    thread::sleep(RETRY * 2);
    out.fail_with(Some(ErrorKind::Interrupted));
    thread::sleep(RETRY * 2);
    out.fail_with(None);
    sink.flush();
    assert_eq!(out.text(), "kept\n");
}

#[test]
fn what_was_taken_is_written_though_the_sink_goes() {
    let out = Out::default();
    let sink = sink(&out);
    sink.put(b"a\n", false);
    drop(sink);
    out.wait();
    assert_eq!(out.text(), "a\n");
}

#[test]
fn lines_of_many_threads_are_all_written_each_threads_in_its_order() {
    let out = Out::default();
    let sink = sink(&out);
    thread::scope(|scope| {
        for thread in 0..8 {
            let sink = &sink;
            scope.spawn(move || {
                for line in 0..2_000 {
                    sink.put(format!("{thread} {line}\n").as_bytes(), line % 500 == 0);
                    // So that the writer sleeps now and then.
                    if line % 700 == 0 {
                        thread::sleep(DELAY / 4);
                    }
                }
            });
        }
    });
    sink.flush();
    let mut next = [0; 8];
    for line in out.text().lines() {
        let (thread, line) = line.split_once(' ').unwrap();
        let next = &mut next[thread.parse::<usize>().unwrap()];
        assert_eq!(line.parse(), Ok(*next));
        *next += 1;
    }
    assert_eq!(next, [2_000; 8]);
}
