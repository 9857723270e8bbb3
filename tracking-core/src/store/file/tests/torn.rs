//! A power cut in the middle of any write.

use super::*;
use crate::store::file::slot::SLOT_SIZE;
use proptest::prelude::*;

/// What a power cut leaves: the first `length` bytes of what one write changed.
fn torn(before: &[u8], after: &[u8], length: usize) -> Vec<u8> {
    let mut slots = before.chunks(SLOT_SIZE).zip(after.chunks(SLOT_SIZE));
    let changed = slots.position(|(old, new)| old != new).unwrap();
    assert!(
        slots.all(|(old, new)| old == new),
        "one write changes one slot"
    );
    let mut bytes = before.to_vec();
    let at = changed * SLOT_SIZE;
    bytes[at..at + length].copy_from_slice(&after[at..at + length]);
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Reservations, of which any may be the last before the power goes, its write torn anywhere.
    /// After a restart none is granted again: those that were answered, and where the torn slot is
    /// damaged the one that was under way, since its answer may have been given before the damage.
    #[test]
    fn nothing_is_granted_twice(
        rounds in prop::collection::vec((0i64..25, 1u32..1000, 0..=SLOT_SIZE, any::<bool>()), 1..8),
    ) {
        let bench = Bench::new();
        let mut allocator = bench.open();
        let mut granted: Vec<Block> = Vec::new();
        for (wait_ms, wanted, length, cut) in rounds {
            bench.step(wait_ms);
            let before = std::fs::read(bench.path()).unwrap();
            let Ok(block) = reserve(&allocator, wanted) else { continue };
            prop_assert!(granted.iter().all(|old| old.last() < block.start()), "{block:?} of {granted:?}");
            let after = std::fs::read(bench.path()).unwrap();
            if cut {
                let left = torn(&before, &after, length);
                if left != before {
                    granted.push(block);
                }
                std::fs::write(bench.path(), left).unwrap();
                allocator = bench.open();
            } else {
                granted.push(block);
            }
        }
    }
}
