//! The generator as its callers see it: threads, deadlines, futures, and allocators that misbehave.

use std::collections::HashSet;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc;
use std::sync::{Condvar, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use super::*;
use crate::number::serial::Block;
use crate::store::memory::MemoryAllocator;

/// An allocator whose next answers a test decides.
#[derive(Debug)]
struct Scripted {
    inner: MemoryAllocator,
    gate: Arc<Gate>,
}

#[derive(Debug, Default)]
struct Gate {
    mood: Mutex<Mood>,
    changed: Condvar,
    asked: AtomicU32,
    granted: AtomicU32,
    dropped: AtomicBool,
}

#[derive(Debug, Clone, Copy, PartialEq, Default)]
enum Mood {
    #[default]
    Grants,
    Fails,
    Refuses,
    Hangs,
    Panics,
}

impl Gate {
    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
        self.changed.notify_all();
    }

    /// Wait until so many reservations have been asked for.
    fn wait_for_asked(&self, count: u32) {
        let mut mood = self.mood.lock().unwrap();
        while self.asked.load(Ordering::SeqCst) < count {
            mood = self.changed.wait(mood).unwrap();
        }
    }
}

impl Allocator for Scripted {
    fn series(&self) -> &Series {
        self.inner.series()
    }

    fn reserve(&self, wanted: NonZeroU32) -> Result<Block, AllocateError> {
        let mut mood = self.gate.mood.lock().unwrap();
        self.gate.asked.fetch_add(1, Ordering::SeqCst);
        self.gate.changed.notify_all();
        while *mood == Mood::Hangs {
            mood = self.gate.changed.wait(mood).unwrap();
        }
        let decided = *mood;
        drop(mood);
        match decided {
            Mood::Fails => Err(AllocateError::unavailable(self, "down")),
            Mood::Refuses => Err(AllocateError::refused(self, "gone")),
            Mood::Panics => panic!("a bug in it"),
            Mood::Grants | Mood::Hangs => self.inner.reserve(wanted).inspect(|block| {
                let length = block.length().get();
                self.gate.granted.fetch_add(length, Ordering::SeqCst);
            }),
        }
    }
}

impl fmt::Display for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("scripted:")
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.gate.dropped.store(true, Ordering::SeqCst);
    }
}

fn scripted(mood: Mood) -> (Scripted, Arc<Gate>) {
    let gate = Arc::new(Gate::default());
    gate.set(mood);
    let inner = MemoryAllocator::new();
    // Its fence passes here, not by the clock of a test.
    crate::store::reserve_patiently(&inner, NonZeroU32::MIN, SOON).unwrap();
    (
        Scripted {
            inner,
            gate: gate.clone(),
        },
        gate,
    )
}

const SOON: Duration = Duration::from_millis(50);

fn quick(allocator: Scripted) -> Generator {
    Generator::builder().deadline(SOON).build(allocator)
}

#[test]
fn many_threads_share_one_and_nothing_repeats() {
    let generator = Generator::builder()
        .block_size(NonZeroU32::new(500).unwrap())
        .build(MemoryAllocator::new());
    let work = |mode: usize| {
        let generator = generator.clone();
        move || -> Vec<TrackingNumber> {
            let mut numbers = Vec::new();
            while numbers.len() < 20_000 {
                match mode % 3 {
                    0 => numbers.push(generator.next().unwrap()),
                    1 => numbers.extend(generator.iter().take(7).map(Result::unwrap)),
                    _ => {
                        let mut some = [TrackingNumber::BLANK; 777];
                        generator.fill(&mut some).unwrap();
                        numbers.extend(some);
                    }
                }
            }
            numbers
        }
    };
    let threads: Vec<_> = (0..6).map(|mode| thread::spawn(work(mode))).collect();
    let numbers: Vec<_> = threads
        .into_iter()
        .flat_map(|thread| thread.join().unwrap())
        .collect();
    let different: HashSet<_> = numbers.iter().collect();
    assert_eq!(different.len(), numbers.len());
    let status = generator.status();
    assert_eq!((status.failures, status.error.is_none()), (0, true));
    for number in &numbers {
        let verdict =
            generator
                .series()
                .judge(number, generator.series().created_at_ms() + 60_000, None);
        assert!(matches!(verdict, crate::Verdict::Belongs(_)), "{number}");
    }
}

#[test]
fn nothing_is_reserved_before_the_first_number_is_asked_for() {
    let (allocator, gate) = scripted(Mood::Grants);
    let generator = quick(allocator);
    assert_eq!(gate.asked.load(Ordering::SeqCst), 0);
    generator.next().unwrap();
    assert!(gate.asked.load(Ordering::SeqCst) > 0);
}

#[test]
fn try_fill_gives_what_is_in_hand_and_never_waits() {
    let (allocator, gate) = scripted(Mood::Grants);
    let block_size = NonZeroU32::new(1_000).unwrap();
    let generator = Generator::builder().block_size(block_size).build(allocator);
    assert_eq!(generator.try_fill(&mut []).unwrap(), 0);
    let mut seen = HashSet::from([generator.next().unwrap()]);
    gate.set(Mood::Hangs);
    let mut numbers = [TrackingNumber::BLANK; 300];
    // The runway, and at last what is left of this thread's batch. Blocking it would hang.
    while let Ok(count) = generator.try_fill(&mut numbers) {
        assert!((1..=300).contains(&count));
        assert!(numbers[..count].iter().all(|number| seen.insert(*number)));
    }
    assert!(seen.len() >= 64, "{}", seen.len());
    assert_eq!(generator.status().runway, 0);
    gate.set(Mood::Grants);
}

#[test]
fn next_gives_the_allocators_error_after_its_deadline() {
    let (allocator, gate) = scripted(Mood::Fails);
    let generator = quick(allocator);
    let started = Instant::now();
    assert_eq!(generator.next().unwrap_err().to_string(), "scripted:: down");
    assert!(started.elapsed() >= SOON);
    let mut numbers = [TrackingNumber::BLANK; 3];
    assert_eq!(
        generator.fill(&mut numbers).unwrap_err().kind(),
        "unavailable"
    );
    assert_eq!(generator.try_next().unwrap_err().kind(), "unavailable");
    gate.set(Mood::Grants);
    assert!(generator.next_timeout(Duration::MAX).is_ok());
    assert!(generator.status().error.is_none());
}

#[test]
fn a_refusal_is_told_at_once() {
    let (allocator, _gate) = scripted(Mood::Refuses);
    let generator = Generator::builder()
        .deadline(Duration::from_secs(600))
        .build(allocator);
    assert_eq!(generator.next().unwrap_err().to_string(), "scripted:: gone");
}

#[test]
fn try_next_never_waits_for_a_store_that_hangs() {
    let (allocator, gate) = scripted(Mood::Hangs);
    let generator = quick(allocator);
    assert_eq!(generator.try_next().unwrap_err().kind(), "not-yet");
    gate.wait_for_asked(1);
    assert_eq!(generator.try_next().unwrap_err().kind(), "not-yet");
    assert_eq!(generator.next().unwrap_err().kind(), "not-yet");
    gate.set(Mood::Grants);
    assert!(generator.next_timeout(Duration::MAX).is_ok());
    assert!(generator.try_next().is_ok());
}

#[test]
fn dropping_the_last_clone_does_not_wait_for_a_store_that_hangs() {
    let (allocator, gate) = scripted(Mood::Hangs);
    let generator = quick(allocator);
    let clone = generator.clone();
    assert!(clone.try_next().is_err());
    gate.wait_for_asked(1);
    drop(clone);
    drop(generator);
    assert!(
        !gate.dropped.load(Ordering::SeqCst),
        "the thread still has the allocator"
    );
    gate.set(Mood::Fails);
    while !gate.dropped.load(Ordering::SeqCst) {
        thread::yield_now();
    }
}

#[test]
fn a_panic_in_an_allocator_is_an_error_and_numbers_flow_after_it() {
    let (allocator, gate) = scripted(Mood::Panics);
    let generator = quick(allocator);
    let errors = std::iter::repeat_with(|| generator.next().unwrap_err());
    let error = errors
        .into_iter()
        .find(|error| error.kind() != "not-yet")
        .unwrap();
    assert_eq!(
        error.to_string(),
        "scripted:: the allocator panicked: a bug in it"
    );
    gate.set(Mood::Grants);
    assert!(generator.next_timeout(Duration::MAX).is_ok());
}

#[test]
fn while_the_store_is_down_threads_use_each_others_batches() {
    let (allocator, gate) = scripted(Mood::Grants);
    let generator = Generator::builder()
        .block_size(NonZeroU32::new(64).unwrap())
        .deadline(SOON)
        .build(allocator);
    generator.next().unwrap();
    gate.set(Mood::Fails);
    let asked = gate.asked.load(Ordering::SeqCst);
    // Whatever was granted before is in hand, or comes in once the thread has asked in vain.
    let use_up = || {
        let mut runway = vec![TrackingNumber::BLANK; generator.status().runway as usize];
        generator.fill(&mut runway).unwrap();
    };
    use_up();
    gate.wait_for_asked(asked + 1);
    use_up();
    // This thread's batch has 63 left; the others have none.
    let other = generator.clone();
    let found = thread::spawn(move || std::iter::from_fn(|| other.try_next().ok()).count());
    assert_eq!(found.join().unwrap(), 63);
}

#[test]
fn numbers_in_hand_are_dropped_with_their_age() {
    use crate::testing::ManualClock;
    let clock = Arc::new(ManualClock::at(crate::Serial::EPOCH_MS + 1_000_000_000));
    let (allocator, gate) = scripted(Mood::Grants);
    let generator = Generator::builder()
        .deadline(SOON)
        .clock(clock.clone())
        .build(allocator);
    generator.next().unwrap();
    gate.set(Mood::Fails);
    clock.advance(119_999);
    assert!(
        generator.try_next().is_ok(),
        "this thread's batch is young enough"
    );
    clock.advance(1);
    assert!(generator.try_next().is_err(), "no batch and no block is");
    assert_eq!(generator.status().runway, 0);
}

mod hands;
mod wakers;

struct Channel(mpsc::Sender<()>);

impl Wake for Channel {
    fn wake(self: Arc<Self>) {
        // The test may have ended.
        let _ = self.0.send(());
    }
}

/// Poll a future to its end, woken by nothing but its own waker.
fn block_on<F: Future>(future: F) -> F::Output {
    let (sender, woken) = mpsc::channel();
    let waker = Waker::from(Arc::new(Channel(sender)));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        woken
            .recv_timeout(Duration::from_secs(30))
            .expect("the task was never woken");
    }
}

#[test]
fn ready_resolves_when_a_number_is_there() {
    let (allocator, gate) = scripted(Mood::Fails);
    let generator = Generator::builder()
        .deadline(Duration::from_secs(600))
        .build(allocator);
    assert!(generator.try_next().is_err());
    let other = gate.clone();
    let opens = thread::spawn(move || {
        other.wait_for_asked(3);
        other.set(Mood::Grants);
    });
    block_on(generator.ready()).unwrap();
    generator.try_next().unwrap();
    block_on(generator.ready()).unwrap();
    opens.join().unwrap();
}

#[test]
fn ready_resolves_to_the_error_at_the_deadline() {
    let (allocator, _gate) = scripted(Mood::Fails);
    let generator = quick(allocator);
    let started = Instant::now();
    assert_eq!(
        block_on(generator.ready()).unwrap_err().kind(),
        "unavailable"
    );
    assert!(started.elapsed() >= SOON);

    let (allocator, _gate) = scripted(Mood::Refuses);
    let generator = Generator::builder()
        .deadline(Duration::from_secs(600))
        .build(allocator);
    assert_eq!(block_on(generator.ready()).unwrap_err().kind(), "refused");
}

#[test]
fn a_future_that_is_dropped_waits_no_more() {
    let (allocator, gate) = scripted(Mood::Hangs);
    let generator = Generator::builder()
        .deadline(Duration::from_secs(600))
        .build(allocator);
    let (sender, woken) = mpsc::channel();
    let waker = Waker::from(Arc::new(Channel(sender)));
    {
        let mut ready = pin!(generator.ready());
        for _ in 0..3 {
            assert!(
                ready
                    .as_mut()
                    .poll(&mut Context::from_waker(&waker))
                    .is_pending()
            );
        }
    }
    drop(waker);
    // Every waker is gone with the future, so that the channel has lost its sender.
    assert_eq!(
        woken.recv_timeout(Duration::from_secs(30)),
        Err(mpsc::RecvTimeoutError::Disconnected)
    );
    gate.set(Mood::Grants);
}

/// More tasks than a block has numbers: most are woken for one that another takes.
#[test]
fn tasks_that_ask_for_the_next_one_each_get_their_own() {
    let generator = Generator::builder()
        .block_size(NonZeroU32::MIN)
        .build(MemoryAllocator::new());
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let generator = generator.clone();
            thread::spawn(move || -> Vec<TrackingNumber> {
                (0..500)
                    .map(|_| block_on(generator.next_async()).unwrap())
                    .collect()
            })
        })
        .collect();
    let numbers: Vec<_> = threads
        .into_iter()
        .flat_map(|thread| thread.join().unwrap())
        .collect();
    let different: HashSet<_> = numbers.iter().collect();
    assert_eq!((numbers.len(), different.len()), (4_000, 4_000));
}

#[test]
fn who_asks_for_the_next_one_in_vain_is_told_why_and_dropped_it_takes_none() {
    let (allocator, gate) = scripted(Mood::Hangs);
    let generator = quick(allocator);
    {
        let mut next = pin!(generator.next_async());
        let (sender, _woken) = mpsc::channel();
        let waker = Waker::from(Arc::new(Channel(sender)));
        let mut context = Context::from_waker(&waker);
        assert!(next.as_mut().poll(&mut context).is_pending());
        gate.set(Mood::Grants);
        block_on(generator.ready()).unwrap();
    }
    // In hand is all that was reserved: the task that is gone took none.
    let runway = generator.status().runway;
    assert_eq!(runway, 65_536);
    block_on(generator.next_async()).unwrap();
    let (allocator, _gate) = scripted(Mood::Refuses);
    let refused = block_on(quick(allocator).next_async());
    assert_eq!(refused.unwrap_err().kind(), "refused");
}
