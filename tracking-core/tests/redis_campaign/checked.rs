//! The checker: all that all clients issued, sorted.

use super::output::Issued;

/// What the checker found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Checked {
    pub(crate) blocks: usize,
    pub(crate) serials: u64,
    /// Serials that were issued before.
    pub(crate) repeats: u64,
    /// Lanes in which serials were issued again.
    pub(crate) lanes_repeated: Vec<u8>,
    /// Blocks of a tick that had ended before they were asked for: answers to earlier questions.
    pub(crate) stale: usize,
    /// Blocks longer than asked for.
    pub(crate) too_long: usize,
    pub(crate) lanes: usize,
}

impl Checked {
    pub(crate) fn of(mut all: Vec<Issued>) -> Self {
        all.sort_unstable();
        let mut checked = Self {
            blocks: all.len(),
            ..Self::default()
        };
        let (mut furthest, mut lanes) = (0, Vec::new());
        for issued in &all {
            let end = issued.start + u64::from(issued.length);
            let first = issued.first();
            checked.serials += u64::from(issued.length);
            if issued.start < furthest {
                checked.repeats += end.min(furthest) - issued.start;
                checked.lanes_repeated.push(first.lane());
            }
            furthest = furthest.max(end);
            let ended_ms = first.reserved_at_ms() + tracking_core::Serial::TICK_MS as i64;
            checked.stale += usize::from(ended_ms <= issued.asked_ms);
            checked.too_long += usize::from(issued.length > issued.wanted);
            lanes.push(first.lane());
        }
        lanes.dedup();
        checked.lanes = lanes.len();
        checked.lanes_repeated.dedup();
        checked
    }

    /// What every scenario promises.
    pub(crate) fn assert_unique(&self, scenario: &str) {
        println!("{scenario}: {self}");
        assert_eq!(self.repeats, 0, "{scenario}: {self:?}");
    }

    /// That, and that each answer was one to the question just asked.
    pub(crate) fn assert_sound(&self, scenario: &str) {
        self.assert_unique(scenario);
        assert_eq!((self.stale, self.too_long), (0, 0), "{scenario}: {self:?}");
    }
}

impl std::fmt::Display for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} serials in {} blocks of {} lanes, {} issued again",
            self.serials, self.blocks, self.lanes, self.repeats
        )
    }
}

#[test]
fn the_checker_sees_what_overlaps() {
    let block = |start, length| Issued {
        start,
        length,
        wanted: 10,
        asked_ms: 0,
        took_ms: 0,
    };
    let checked = |blocks: &[Issued]| Checked::of(blocks.to_vec());
    assert_eq!(checked(&[block(20, 5), block(10, 10)]).repeats, 0);
    assert_eq!(checked(&[block(10, 10), block(10, 10)]).repeats, 10);
    assert_eq!(checked(&[block(19, 1), block(10, 10)]).repeats, 1);
    // The second lies within the first, and so does a part of the third.
    let all = checked(&[block(10, 10), block(11, 2), block(18, 4)]);
    assert_eq!((all.repeats, all.serials), (4, 16));
    assert_eq!(checked(&[block(0, 11)]).too_long, 1);
    let asked_ms = tracking_core::Serial::EPOCH_MS + 10;
    let late = |asked_ms| {
        checked(&[Issued {
            asked_ms,
            ..block(0, 1)
        }])
        .stale
    };
    assert_eq!((late(asked_ms), late(asked_ms - 1)), (1, 0));
}
