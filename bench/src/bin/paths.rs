//! One path, so many times over: for `scripts/instructions`, which counts what the processor does meanwhile.
//!
//! `target/release/paths PATH TIMES`, where PATH is one of `next`, `fill`, `encode`, `judge` and `order`.

use std::hint::black_box;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tracking_bench::served::{ALL_SEVEN, argument};
use tracking_bench::{Failure, series};
use tracking_core::order::{Order, Required};
use tracking_core::store::reserve_patiently;
use tracking_core::{Clock, Generator, MemoryAllocator, Serial, TrackingNumber, Verdict};

/// Numbers that are filled at once.
const PAGE: usize = 4_096;

/// Some time in the past.
const LANE: u8 = 3;
const TICK: u64 = 1_000_000_000;

/// The clocks of the standard library: valgrind hides from a program where the library's own ones are read.
#[derive(Debug)]
struct Clocks;

impl Clock for Clocks {
    fn now_ms(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.map_or(0, |since| since.as_millis() as i64)
    }

    fn monotonic_ms(&self) -> u64 {
        self.now_ms().unsigned_abs()
    }

    fn exact_ms(&self) -> i64 {
        self.now_ms()
    }
}

/// A generator with all numbers of a tick in hand.
fn generator() -> Result<Generator, Failure> {
    let memory = MemoryAllocator::with_clock(series(), Arc::new(Clocks));
    let block_size = NonZeroU32::new(1 << 18).ok_or("a size")?;
    reserve_patiently(&memory, NonZeroU32::MIN, Duration::from_secs(1))?;
    let generator = Generator::builder()
        .block_size(block_size)
        .clock(Arc::new(Clocks));
    let generator = generator.build(memory);
    generator.next()?;
    Ok(generator)
}

fn main() -> Result<(), Failure> {
    let path = std::env::args().nth(1).unwrap_or_default();
    let times = argument(1, 100_000)?;
    match path.as_str() {
        "next" => {
            let generator = generator()?;
            for _ in 0..times {
                black_box(generator.next()?);
            }
        }
        "fill" => {
            let generator = generator()?;
            let mut numbers = vec![TrackingNumber::BLANK; PAGE];
            for part in (0..times).step_by(PAGE) {
                let count = PAGE.min(times - part);
                generator.fill(black_box(&mut numbers[..count]))?;
            }
        }
        "encode" => {
            let series = series();
            let first = Serial::from_parts(LANE, TICK, 0).map_or(0, Serial::value);
            for offset in 0..times {
                black_box(Serial::new(first + offset as u64).map(|serial| series.encode(serial)));
            }
        }
        "judge" => {
            let series = series();
            let serial = Serial::from_parts(LANE, TICK, 0).ok_or("a serial")?;
            let number = series.encode(serial);
            for _ in 0..times {
                let text = black_box(number.as_str());
                let verdict = series.judge(&text.parse()?, i64::MAX, None);
                assert!(matches!(verdict, Verdict::Belongs(_)), "{verdict:?}");
            }
        }
        "order" => {
            let (_, query) = ALL_SEVEN.split_once('?').unwrap_or_default();
            for _ in 0..times {
                black_box(Order::from_query(black_box(query), Required::ALL)?);
            }
        }
        other => return Err(format!("expected a path, found {other:?}").into()),
    }
    Ok(())
}
