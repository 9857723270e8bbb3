//! Sets of lanes, and how they are written down.

use std::fmt;

use crate::number::serial::LANES;

const _: () = assert!(LANES as u32 == u64::BITS);

/// A set of lanes.
///
/// Written as 64 characters, `1` for a lane that is in it and `0` for one that is not, lane 0
/// first: a number of 64 bits would lose its low ones in Lua and in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Lanes(u64);

impl Lanes {
    /// No lane.
    pub const NONE: Self = Self(0);

    /// Whether a lane is in it; `lane` is taken modulo 64.
    pub const fn contains(self, lane: u8) -> bool {
        self.0 & Self::only(lane).0 != 0
    }

    /// One lane alone; `lane` is taken modulo 64.
    pub const fn only(lane: u8) -> Self {
        Self(1 << (lane % LANES))
    }

    /// These lanes and one more.
    #[must_use]
    pub const fn with(self, lane: u8) -> Self {
        Self(self.0 | Self::only(lane).0)
    }

    /// The lanes, in order.
    pub fn iter(self) -> impl Iterator<Item = u8> {
        (0..LANES).filter(move |&lane| self.contains(lane))
    }

    /// The lanes of their written form; `None` where that is none.
    pub fn of(text: &str) -> Option<Self> {
        let shaped = text.len() == usize::from(LANES) && text.bytes().all(|c| b"01".contains(&c));
        let lanes = (0..LANES).zip(text.bytes()).filter(|(_, c)| *c == b'1');
        shaped.then(|| lanes.fold(Self::NONE, |lanes, (lane, _)| lanes.with(lane)))
    }
}

impl fmt::Display for Lanes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (0..LANES).try_for_each(|lane| f.write_str(if self.contains(lane) { "1" } else { "0" }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_written_lane_by_lane() {
        let lanes = Lanes::only(0).with(5).with(63);
        let text = format!("100001{}1", "0".repeat(57));
        assert_eq!(lanes.to_string(), text);
        assert_eq!(Lanes::of(&text), Some(lanes));
        assert_eq!(lanes.iter().collect::<Vec<_>>(), [0, 5, 63]);
        assert_eq!(Lanes::of(&"0".repeat(64)), Some(Lanes::NONE));
        for wrong in ["", "01", &"2".repeat(64), &"0".repeat(65), &"é".repeat(32)] {
            assert_eq!(Lanes::of(wrong), None, "{wrong}");
        }
    }
}
