//! Threads that take numbers fast, each from a hand of its own.

use super::*;
use crate::testing::ManualClock;

/// More than make a pace fast, by a clock that stands still.
const FAST: usize = 2_000;

/// A generator by a clock that stands still, of an allocator that grants.
fn still(allocator: Scripted) -> (Generator, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::at(crate::Serial::EPOCH_MS + 1_000_000_000));
    let builder = Generator::builder()
        .block_size(NonZeroU32::new(4_096).unwrap())
        .deadline(Duration::from_secs(30))
        .clock(clock.clone());
    (builder.build(allocator), clock)
}

/// Take numbers until this thread has some in its hand.
fn take_fast(generator: &Generator, numbers: &mut Vec<TrackingNumber>) {
    let started = Instant::now();
    numbers.extend(generator.iter().take(FAST).map(Result::unwrap));
    let supply = generator.supply();
    while !hand::has_any(&supply.batches, supply.refill.now()) {
        assert!(started.elapsed() < Duration::from_secs(30), "no beat");
        numbers.push(generator.next().unwrap());
    }
}

/// All that is in hand.
fn use_up(generator: &Generator, numbers: &mut Vec<TrackingNumber>) {
    numbers.extend(std::iter::from_fn(|| generator.try_next().ok()));
}

fn assert_all_different(numbers: &[TrackingNumber]) {
    let different: HashSet<_> = numbers.iter().collect();
    assert_eq!(different.len(), numbers.len());
}

#[test]
fn what_a_thread_had_in_its_hand_goes_back_when_it_ends() {
    for _ in 0..20 {
        let (allocator, gate) = scripted(Mood::Grants);
        let (generator, _clock) = still(allocator);
        let mut numbers = Vec::new();
        thread::scope(|scope| {
            let fast = scope.spawn(|| {
                let mut numbers = Vec::new();
                take_fast(&generator, &mut numbers);
                numbers
            });
            numbers.extend(fast.join().unwrap());
        });
        gate.set(Mood::Fails);
        use_up(&generator, &mut numbers);
        assert_all_different(&numbers);
        // Nothing is lost: all that was granted came out, for whom it did not matter.
        assert_eq!(numbers.len(), gate.all_granted());
    }
}

#[test]
fn a_hand_of_another_generator_goes_back_to_that_one() {
    let mut numbers = Vec::new();
    let (one, gate) = scripted(Mood::Grants);
    let (one, _clock) = still(one);
    take_fast(&one, &mut numbers);
    let (other, _gate) = scripted(Mood::Grants);
    let (other, _clock) = still(other);
    let mut others = Vec::new();
    take_fast(&other, &mut others);
    let supply = one.supply();
    assert!(!hand::has_any(&supply.batches, supply.refill.now()));
    // And by turns.
    for _ in 0..FAST {
        numbers.push(one.next().unwrap());
        others.push(other.next().unwrap());
    }
    gate.set(Mood::Fails);
    use_up(&one, &mut numbers);
    assert_eq!(numbers.len(), gate.all_granted());
    for (generator, numbers) in [(&one, &numbers), (&other, &others)] {
        assert_all_different(numbers);
        for number in numbers {
            let verdict = generator.series().judge(number, i64::MAX, None);
            assert!(matches!(verdict, crate::Verdict::Belongs(_)), "{number}");
        }
    }
    // What outlives its generator is nobody's.
    take_fast(&other, &mut others);
    drop(other);
    let (another, _gate) = scripted(Mood::Grants);
    let (another, _clock) = still(another);
    take_fast(&another, &mut others);
    assert_all_different(&others);
}

/// A look at the clocks is good for a beat, and not for longer: by how many numbers were still given out.
#[test]
fn numbers_in_a_hand_are_dropped_with_their_age_by_the_next_beat() {
    for _ in 0..20 {
        let (allocator, gate) = scripted(Mood::Grants);
        let (generator, clock) = still(allocator);
        let mut numbers = Vec::new();
        take_fast(&generator, &mut numbers);
        gate.set(Mood::Fails);
        clock.advance(120_000);
        let beat = generator.supply().refill.pulse().beat();
        let started = Instant::now();
        while beat.is_some_and(|beat| generator.supply().refill.pulse().is_still(beat)) {
            assert!(
                started.elapsed() < Duration::from_secs(30),
                "an endless beat"
            );
            thread::yield_now();
        }
        assert!(generator.try_next().is_err(), "it is too old");
        assert!(generator.try_next().is_err());
    }
}

#[test]
fn without_a_beat_a_thread_leaves_its_rest_to_the_others() {
    let (allocator, gate) = scripted(Mood::Grants);
    let (generator, clock) = still(allocator);
    let mut numbers = Vec::new();
    take_fast(&generator, &mut numbers);
    // Slow from here on.
    clock.advance(10);
    let pulse = generator.supply().refill.pulse();
    let started = Instant::now();
    while pulse.beat().is_some() {
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "an endless pulse"
        );
        thread::yield_now();
    }
    numbers.push(generator.next().unwrap());
    gate.set(Mood::Fails);
    let rest = thread::scope(|scope| {
        let others = || {
            let mut numbers = Vec::new();
            use_up(&generator, &mut numbers);
            numbers
        };
        scope.spawn(others).join().unwrap()
    });
    numbers.extend(rest);
    assert_all_different(&numbers);
    assert_eq!(numbers.len(), gate.all_granted());
}

#[test]
fn many_fast_threads_share_one_and_nothing_repeats() {
    let generator = Generator::new(MemoryAllocator::new());
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let generator = generator.clone();
            thread::spawn(move || -> Vec<_> {
                generator.iter().take(200_000).map(Result::unwrap).collect()
            })
        })
        .collect();
    let numbers: Vec<_> = threads
        .into_iter()
        .flat_map(|thread| thread.join().unwrap())
        .collect();
    assert_all_different(&numbers);
}

/// Whoever asks in another way than for the next one finds what is in this thread's hand, too.
#[test]
fn while_the_store_is_down_a_hand_is_ready_and_fills() {
    let (allocator, gate) = scripted(Mood::Grants);
    let (generator, _clock) = still(allocator);
    let mut numbers = Vec::new();
    take_fast(&generator, &mut numbers);
    gate.set(Mood::Fails);
    let mut some = [TrackingNumber::BLANK; 777];
    // The runway, until a reservation has failed: then none is under way.
    let started = Instant::now();
    loop {
        let status = generator.status();
        if status.runway > 0 {
            let count = generator.try_fill(&mut some).unwrap();
            numbers.extend(&some[..count]);
        } else if status.error.is_some() {
            break;
        }
        assert!(
            started.elapsed() < Duration::from_secs(30),
            "no reservation failed"
        );
        // Who does nothing but look has the lock nearly always.
        thread::yield_now();
    }
    let supply = generator.supply();
    assert!(hand::has_any(&supply.batches, supply.refill.now()));
    futures::block_on(generator.ready()).unwrap();
    let count = generator.try_fill(&mut some).unwrap();
    numbers.extend(&some[..count]);
    use_up(&generator, &mut numbers);
    assert_all_different(&numbers);
    assert_eq!(numbers.len(), gate.all_granted());
}
