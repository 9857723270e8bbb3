//! The blocks that a number of numbers needs.

use std::num::NonZeroU32;
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::Duration;

use tracking_core::{AllocateError, Block, Guarded, SLOTS, Store, reserve_patiently};

use crate::failure::Failure;

/// How long the timeline may grant nothing before that is an error: as long as a state file lets
/// a queue wait that moves.
const PATIENCE: Duration = Duration::from_secs(30);

/// Reserve `count` serials, not one more, and give them to `each` block after block. While one is
/// worked on, the next is reserved, since that waits for a disk or a clock.
pub(crate) fn for_each_block(
    store: &dyn Store,
    count: u64,
    mut each: impl FnMut(Block) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut blocks = Blocks {
        store: Guarded::new(store),
        missing: count,
    };
    if count <= SLOTS.into() {
        // One block, but for what others reserve in the same tick: not worth a thread.
        return blocks.try_for_each(|block| each(block?));
    }
    thread::scope(|scope| {
        // No room in the channel: a block waits in the thread's hand, and is the only one to lose.
        let (sender, receiver) = sync_channel(0);
        scope.spawn(move || blocks.try_for_each(|block| sender.send(block)));
        receiver.into_iter().try_for_each(|block| each(block?))
    })
}

/// The blocks of what is missing, up to the first error.
struct Blocks<'a> {
    /// No store is trusted: one that grants again what it granted before is an error.
    store: Guarded<&'a dyn Store>,
    missing: u64,
}

impl Iterator for Blocks<'_> {
    type Item = Result<Block, AllocateError>;

    fn next(&mut self) -> Option<Self::Item> {
        // A reservation grants a tick's slots at most.
        let wanted = u32::try_from(self.missing).unwrap_or(SLOTS).min(SLOTS);
        let answer = reserve_patiently(&self.store, NonZeroU32::new(wanted)?, PATIENCE);
        self.missing = match &answer {
            Ok(block) => self.missing.saturating_sub(block.length().get().into()),
            Err(_) => 0,
        };
        Some(answer)
    }
}
