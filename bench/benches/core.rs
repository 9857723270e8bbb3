//! The library, with peers beside it: `cargo bench -p tracking-bench --bench core`.
//!
//! Compare within one run, by ratio. A peer that makes text of about our length by other means has
//! the same job, though not the same promises: none of them is unique by construction, impossible
//! to guess and checkable at once.

#![allow(missing_docs, reason = "benchmarks are named by their functions")]

use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use tracking_bench::served::ALL_SEVEN;
use tracking_bench::{block, generator, series};
use tracking_core::order::{Order, OrderBuilder, Required};
use tracking_core::testing::FULL_ORDER;
use tracking_core::{Desk, Reason, Serial, TrackingNumber, Verdict};

fn main() {
    divan::main();
}

mod generator_ {
    use super::*;

    /// One number at a time, from one generator that the threads share.
    #[divan::bench(threads = [1, 2], sample_size = 6_400)]
    fn next(bencher: Bencher) {
        let generator = generator(1 << 22);
        // Looked at and let go: to keep 6,400 of them costs as much again as a number.
        bencher.bench(|| black_box(generator.next()).is_ok());
    }

    /// The same for an order, with its time.
    #[divan::bench(threads = [1, 2], sample_size = 6_400)]
    fn try_issue(bencher: Bencher) {
        let generator = generator(1 << 22);
        let order = Order::default();
        // One is in hand.
        let _ = generator.next();
        let desk = Desk::new(generator);
        bencher.bench(|| desk.try_issue(&order).is_ok());
    }

    #[divan::bench(args = [64, 4_096, 65_536])]
    fn fill(bencher: Bencher, count: usize) {
        let generator = generator(1 << 22);
        let mut numbers = vec![TrackingNumber::BLANK; count];
        bencher
            .counter(ItemsCount::new(count))
            .bench_local(|| generator.fill(&mut numbers));
    }
}

mod format {
    use super::*;

    #[divan::bench(sample_size = 1_000)]
    fn encode_one(bencher: Bencher) {
        let series = series();
        let first = block(1).start().value();
        let mut offset = 0;
        bencher.bench_local(|| {
            offset = (offset + 1) % 1_000;
            Serial::new(first + offset).map(|serial| series.encode(serial))
        });
    }

    #[divan::bench(args = [64, 4_096])]
    fn encode_block(bencher: Bencher, count: u32) {
        let series = series();
        let block = block(count);
        let mut numbers = vec![TrackingNumber::BLANK; count as usize];
        bencher
            .counter(ItemsCount::new(count))
            .bench_local(|| series.encode_block(black_box(block), &mut numbers));
    }

    #[divan::bench(sample_size = 1_000)]
    fn decode_and_judge(bencher: Bencher) {
        let series = series();
        let now_ms = 1_900_000_000_000;
        let number = series.encode(block(1).start());
        bencher.bench_local(|| series.judge(black_box(&number), now_ms, None));
    }

    #[divan::bench(args = [64, 4_096])]
    fn decode_and_judge_each(bencher: Bencher, count: u32) {
        let series = series();
        let now_ms = 1_900_000_000_000;
        let mut numbers = vec![TrackingNumber::BLANK; count as usize];
        series.encode_block(block(count), &mut numbers);
        let mut verdicts = vec![Verdict::Refused(Reason::Malformed); count as usize];
        bencher
            .counter(ItemsCount::new(count))
            .bench_local(|| series.judge_each(black_box(&numbers), now_ms, None, &mut verdicts));
        assert!(
            verdicts
                .iter()
                .all(|verdict| matches!(verdict, Verdict::Belongs(_)))
        );
    }

    #[divan::bench(sample_size = 1_000)]
    fn parse(bencher: Bencher) {
        let number = series().encode(block(1).start());
        bencher.bench_local(|| black_box(number.as_str()).parse::<TrackingNumber>());
    }
}

mod order {
    use super::*;

    #[divan::bench(sample_size = 1_000)]
    fn validate_seven_fields(bencher: Bencher) {
        bencher.bench_local(|| {
            let mut builder = OrderBuilder::new(Required::ALL);
            for (name, value) in black_box(FULL_ORDER) {
                builder.set(name, value);
            }
            builder.build()
        });
    }

    #[divan::bench(sample_size = 1_000)]
    fn from_query_of_seven_fields(bencher: Bencher) {
        let (_, query) = ALL_SEVEN.split_once('?').unwrap_or_default();
        bencher.bench_local(|| Order::from_query(black_box(query), Required::ALL));
    }

    #[divan::bench(sample_size = 1_000)]
    fn report_seven_missing_fields(bencher: Bencher) {
        bencher.bench_local(|| OrderBuilder::new(Required::ALL).build());
    }
}

/// A text of about our numbers' length, as others make one.
mod peers {
    use super::*;
    use rand::RngExt;

    const ALPHABET: [char; 36] = {
        let mut alphabet = ['0'; 36];
        let mut index = 0;
        while index < 36 {
            let first = if index < 10 { b'0' } else { b'A' - 10 };
            alphabet[index] = (first + index as u8) as char;
            index += 1;
        }
        alphabet
    };

    #[divan::bench(threads = [1, 2])]
    fn uuid_v4_text(bencher: Bencher) {
        bencher.bench(|| {
            let mut text = [0; 36];
            uuid::Uuid::new_v4().hyphenated().encode_lower(&mut text);
            text
        });
    }

    #[divan::bench(threads = [1, 2])]
    fn uuid_v7_text(bencher: Bencher) {
        bencher.bench(|| {
            let mut text = [0; 36];
            uuid::Uuid::now_v7().hyphenated().encode_lower(&mut text);
            text
        });
    }

    #[divan::bench(threads = [1, 2])]
    fn nanoid_16(bencher: Bencher) {
        bencher.bench(|| nanoid::nanoid!(16, &ALPHABET));
    }

    /// Sixteen characters from the thread's cryptographic generator, unchecked for repeats.
    #[divan::bench(threads = [1, 2])]
    fn rand_16(bencher: Bencher) {
        bencher.bench(|| {
            let mut random = rand::rng();
            std::array::from_fn::<char, 16, _>(|_| ALPHABET[random.random_range(0..36)])
        });
    }

    #[divan::bench(threads = [1, 2])]
    fn ferroid_ulid_text(bencher: Bencher) {
        use ferroid::base32::Base32UlidExt;
        use ferroid::generator::thread_local::Ulid;
        use ferroid::id::ULID;
        bencher.bench(|| {
            let id: ULID = Ulid::new_ulid_mono(|_| std::thread::yield_now());
            black_box(id.encode().as_str().len())
        });
    }
}
