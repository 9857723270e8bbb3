//! Numbers for tasks, which are woken when one is there.

use std::collections::HashSet;
use std::future::Future;
use std::pin::pin;
use std::sync::mpsc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use super::*;

struct Channel(mpsc::Sender<()>);

impl Wake for Channel {
    fn wake(self: Arc<Self>) {
        // The test may have ended.
        let _ = self.0.send(());
    }
}

/// Poll a future to its end, woken by nothing but its own waker.
pub(super) fn block_on<F: Future>(future: F) -> F::Output {
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
