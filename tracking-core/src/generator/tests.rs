//! The generator as its callers see it: threads, deadlines, futures, and allocators that misbehave.

mod futures;
mod hands;
mod scripted;
mod wakers;

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::thread;

use self::scripted::{Mood, Scripted, scripted};
use super::*;
use crate::store::memory::MemoryAllocator;

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
