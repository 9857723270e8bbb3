//! One path, so many times over: for `scripts/instructions`, which counts what the processor does meanwhile.
//!
//! `target/release/paths PATH TIMES`, where PATH is one of `next`, `fill`, `encode`, `judge` and `order`.

use std::hint::black_box;

use tracking_bench::served::{ALL_SEVEN, argument};
use tracking_bench::{Failure, block, generator, series};
use tracking_core::order::{Order, Required};
use tracking_core::{Serial, TrackingNumber, Verdict};

/// Numbers that are filled at once.
const PAGE: usize = 4_096;

fn main() -> Result<(), Failure> {
    let path = std::env::args().nth(1).unwrap_or_default();
    let times = argument(1, 100_000)?;
    match path.as_str() {
        "next" => {
            let generator = generator(1 << 18);
            for _ in 0..times {
                black_box(generator.next()?);
            }
        }
        "fill" => {
            let generator = generator(1 << 18);
            let mut numbers = vec![TrackingNumber::BLANK; PAGE];
            for part in (0..times).step_by(PAGE) {
                let count = PAGE.min(times - part);
                generator.fill(black_box(&mut numbers[..count]))?;
            }
        }
        "encode" => {
            let series = series();
            let first = block(1).start().value();
            for offset in 0..times {
                black_box(Serial::new(first + offset as u64).map(|serial| series.encode(serial)));
            }
        }
        "judge" => {
            let series = series();
            let number = series.encode(block(1).start());
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
