//! Wakers that do more than wake, and clocks that panic: neither stops the numbers.

use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU32};
use std::sync::{Mutex, mpsc};
use std::task::{Context, Wake, Waker};

use super::futures::block_on;
use super::*;
use crate::clock::{Clock, SystemClock};

/// Do something that might never end, and fail if it does not.
fn in_time<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    receiver
        .recv_timeout(Duration::from_secs(30))
        .expect("it hangs")
}

fn patient(allocator: Scripted) -> Generator {
    Generator::builder()
        .deadline(Duration::from_secs(600))
        .build(allocator)
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A task of an executor that takes woken tasks from a channel.
struct Sent {
    work: Mutex<Option<Work>>,
    woken: mpsc::Sender<Arc<Sent>>,
}

impl Wake for Sent {
    fn wake(self: Arc<Self>) {
        // Where the executor has ended, this drops the task.
        let _ = self.woken.clone().send(self);
    }
}

/// Poll once.
fn poll<W: Wake + Send + Sync + 'static>(work: &Mutex<Option<Work>>, waker: Arc<W>) {
    let waker = Waker::from(waker);
    let mut work = work.lock().unwrap();
    if let Some(future) = work.as_mut()
        && future
            .as_mut()
            .poll(&mut Context::from_waker(&waker))
            .is_ready()
    {
        *work = None;
    }
}

/// The last reference to the task sits in the waker, and the task may have the last generator.
#[test]
fn a_waker_may_be_the_end_of_its_task() {
    for is_last in [false, true] {
        let (allocator, gate) = scripted(Mood::Hangs);
        let generator = patient(allocator);
        let kept = (!is_last).then(|| generator.clone());
        let (woken, executor) = mpsc::channel();
        let task = Arc::new(Sent {
            work: Mutex::new(Some(Box::pin(async move {
                let _ = generator.ready().await;
            }))),
            woken,
        });
        poll(&task.work, Arc::clone(&task));
        drop((executor, task));
        gate.set(Mood::Grants);
        match kept {
            Some(generator) => {
                in_time(move || generator.next_timeout(Duration::MAX)).unwrap();
            }
            None => in_time(move || {
                while !gate.dropped.load(Ordering::SeqCst) {
                    thread::yield_now();
                }
            }),
        }
    }
}

/// A task that its waker polls where it stands.
struct Inline {
    work: Mutex<Option<Work>>,
}

impl Wake for Inline {
    fn wake(self: Arc<Self>) {
        poll(&self.work, Arc::clone(&self));
    }
}

#[test]
fn a_waker_may_poll_where_it_stands() {
    for mood in [Mood::Grants, Mood::Fails] {
        let (allocator, gate) = scripted(Mood::Hangs);
        let generator = quick(allocator);
        let (sender, done) = mpsc::channel();
        let task = Arc::new(Inline {
            work: Mutex::new(Some(Box::pin(async move {
                let answer = generator.ready().await;
                let number = generator.try_next();
                let _ = sender.send((answer.is_ok(), number.is_ok()));
            }))),
        });
        poll(&task.work, Arc::clone(&task));
        gate.set(mood);
        let answers = done.recv_timeout(Duration::from_secs(30)).unwrap();
        assert_eq!(answers, (mood == Mood::Grants, mood == Mood::Grants));
    }
}

/// A waker that looks at the generator when it goes.
struct Looks(Generator);

impl Wake for Looks {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Looks {
    fn drop(&mut self) {
        self.0.status();
    }
}

#[test]
fn a_waker_may_use_the_generator_when_it_is_dropped() {
    let (allocator, gate) = scripted(Mood::Hangs);
    let generator = patient(allocator);
    in_time(move || {
        let mut ready = pin!(generator.ready());
        // Each takes the place of the one before, and the last goes with the future.
        for _ in 0..3 {
            let waker = Waker::from(Arc::new(Looks(generator.clone())));
            let polled = ready.as_mut().poll(&mut Context::from_waker(&waker));
            assert!(polled.is_pending());
        }
    });
    gate.set(Mood::Grants);
}

struct Panics;

impl Wake for Panics {
    fn wake(self: Arc<Self>) {
        panic!("a bug in an executor");
    }
}

#[test]
fn a_waker_that_panics_stops_nobody_else() {
    let (allocator, gate) = scripted(Mood::Hangs);
    let generator = patient(allocator);
    let mut before = Box::pin(generator.ready());
    let waker = Waker::from(Arc::new(Panics));
    let polled = before.as_mut().poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    let other = generator.clone();
    let opens = thread::spawn(move || {
        gate.wait_for_asked(1);
        gate.set(Mood::Grants);
        gate
    });
    in_time(move || block_on(other.ready())).unwrap();
    let gate = opens.join().unwrap();
    // The thread lives: it fetches more.
    let asked = gate.asked.load(Ordering::SeqCst);
    let other = generator.clone();
    in_time(move || other.fill(&mut vec![TrackingNumber::BLANK; 200_000])).unwrap();
    assert!(gate.asked.load(Ordering::SeqCst) > asked);
}

/// A clock that panics on the refill thread for as long as it is told to.
#[derive(Debug, Default)]
struct Broken {
    panics: AtomicBool,
    panicked: AtomicU32,
}

impl Clock for Broken {
    fn now_ms(&self) -> i64 {
        if thread::current().name() == Some("tracking-refill") && self.panics.load(Ordering::SeqCst)
        {
            self.panicked.fetch_add(1, Ordering::SeqCst);
            panic!("a bug in a clock");
        }
        SystemClock.now_ms()
    }

    fn monotonic_ms(&self) -> u64 {
        SystemClock.monotonic_ms()
    }

    fn exact_ms(&self) -> i64 {
        SystemClock.exact_ms()
    }
}

#[test]
fn a_clock_that_panics_is_an_error_and_numbers_flow_after_it() {
    let (allocator, _gate) = scripted(Mood::Grants);
    let clock = Arc::new(Broken::default());
    clock.panics.store(true, Ordering::SeqCst);
    let generator = Generator::builder()
        .deadline(Duration::from_secs(600))
        .clock(clock.clone())
        .build(allocator);
    // A task is woken, and told why.
    let other = generator.clone();
    let told = in_time(move || {
        loop {
            if let Err(error) = other.try_next()
                && error.kind() != "not-yet"
            {
                return error.to_string();
            }
        }
    });
    assert_eq!(
        told,
        "scripted:: the generator's clock panicked: a bug in a clock"
    );
    clock.panics.store(false, Ordering::SeqCst);
    in_time(move || generator.next_timeout(Duration::MAX).map(|_| generator)).unwrap();
    // It rests between two attempts.
    assert!(clock.panicked.load(Ordering::SeqCst) < 100);
}
