//! A million numbers at once, from the program.

use std::collections::HashSet;
use std::time::Instant;

use tracking_core::TrackingNumber;

use crate::support::{Client, Program};

/// What a million numbers may cost the server, in KiB.
const BOUND_KIB: u64 = 4 * 1024;

#[test]
fn a_million_numbers_are_unique_and_cost_little_memory() {
    for accept in ["text/plain", "application/json", "application/x-ndjson"] {
        let program = Program::start(&["--store", "memory:"], &[]);
        let mut client = Client::connect(program.address);
        // The threads have run, and so has the code.
        assert_eq!(client.order_many(accept, r#"{"count": 10}"#).status, 200);
        let before = program.memory_kib("VmRSS:");
        let began = Instant::now();
        let answer = client.order_many(accept, r#"{"count": 1000000}"#);
        let took = began.elapsed();
        let cost = program.memory_kib("VmHWM:").saturating_sub(before);
        assert_eq!(answer.status, 200);
        println!(
            "{accept}: {:.2} million numbers a second, {cost} KiB",
            1.0 / took.as_secs_f64()
        );
        assert!(cost <= BOUND_KIB, "{accept}: {cost} KiB");

        let is_number = |text: &&str| text.len() == 16 && text.parse::<TrackingNumber>().is_ok();
        let mut numbers = HashSet::with_capacity(1_000_000);
        for text in answer.body.split(['"', '\n']).filter(is_number) {
            assert!(numbers.insert(text), "{text} twice");
        }
        assert_eq!(numbers.len(), 1_000_000, "{accept}");
    }
}
