//! Every way to numbers and serials.

use std::future::Future;
use std::num::NonZeroU32;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use tracking_core::store::reserve_patiently;
use tracking_core::{Allocator, Generator, TrackingNumber};

#[derive(Debug, Clone, Copy)]
pub(crate) enum Way {
    Next,
    Fill,
    TryNext,
    TryFill,
    NextTimeout,
    Iter,
    Ready,
    /// All that is in hand, and then what a status tells of.
    Status,
}

impl Way {
    pub(crate) const ALL: [Self; 8] = [
        Self::Next,
        Self::Fill,
        Self::TryNext,
        Self::TryFill,
        Self::NextTimeout,
        Self::Iter,
        Self::Ready,
        Self::Status,
    ];
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Take at least `count` numbers in one way.
pub(crate) fn take(
    generator: &Generator,
    way: Way,
    count: usize,
    numbers: &mut Vec<TrackingNumber>,
) -> Result<(), String> {
    let end = numbers.len() + count;
    let mut some = [TrackingNumber::BLANK; 777];
    while numbers.len() < end {
        let result = match way {
            Way::Next => generator.next().map(|number| numbers.push(number)),
            Way::Fill => generator
                .fill(&mut some)
                .map(|()| numbers.extend_from_slice(&some)),
            Way::NextTimeout => generator
                .next_timeout(Duration::from_secs(60))
                .map(|number| numbers.push(number)),
            Way::Iter => generator
                .iter()
                .take(9)
                .try_for_each(|number| number.map(|number| numbers.push(number))),
            // Without waiting at first, and so of what is in hand.
            Way::TryNext => match generator.try_next() {
                Ok(number) => {
                    numbers.push(number);
                    Ok(())
                }
                Err(_) => block_on(generator.ready()),
            },
            Way::TryFill => match generator.try_fill(&mut some) {
                Ok(count) => {
                    numbers.extend_from_slice(&some[..count]);
                    Ok(())
                }
                Err(_) => block_on(generator.ready()),
            },
            Way::Ready => block_on(generator.ready()).map(|()| {
                numbers.extend(generator.try_next());
            }),
            Way::Status => {
                let runway = generator.status().runway as usize;
                let mut all = vec![TrackingNumber::BLANK; runway.clamp(1, 2_000)];
                generator
                    .fill(&mut all)
                    .map(|()| numbers.extend_from_slice(&all))
            }
        };
        result.map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Some numbers from the allocator itself.
pub(crate) fn reserve(
    allocator: &dyn Allocator,
    numbers: &mut Vec<TrackingNumber>,
) -> Result<(), String> {
    let wanted = NonZeroU32::new(7).unwrap();
    let block = reserve_patiently(&allocator, wanted, Duration::from_secs(60))
        .map_err(|error| error.to_string())?;
    let series = allocator.series();
    numbers.extend(block.serials().map(|serial| series.encode(serial)));
    Ok(())
}
