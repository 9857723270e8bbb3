//! A number in few bytes.

use tracking_core::{Serial, TrackingNumber};

/// The digits of a half: no character, 0 to 9, A to Z.
const DIGITS: u64 = 37;
const HALF: usize = 8;
/// Eight digits of 37 take 42 bits, so that two halves take 84.
const HALF_BITS: u32 = 42;

const _: () = assert!(DIGITS.pow(HALF as u32) <= 1 << HALF_BITS);
const _: () = assert!(2 * HALF == TrackingNumber::MAX_LENGTH);
const _: () = assert!(2 * HALF_BITS <= 8 * Packed::WIDE as u32);

/// A number as an integer. A number of the series is its serial, any other its text; the same number is
/// always the same integer, and no two share one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Packed(u128);

/// What an integer stands for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unpacked {
    Serial(Serial),
    Number(TrackingNumber),
}

impl Packed {
    /// Bytes of a serial, and of a text.
    pub(super) const NARROW: usize = 8;
    pub(super) const WIDE: usize = 11;

    pub(super) fn of_serial(serial: Serial) -> Self {
        Self(u128::from(serial.value()) << 1)
    }

    pub(super) fn of_number(number: &TrackingNumber) -> Self {
        let bytes = number.as_bytes();
        let (first, second) = bytes.split_at(bytes.len().min(HALF));
        let text = u128::from(half(first)) << HALF_BITS | u128::from(half(second));
        Self(text << 1 | 1)
    }

    /// Whether it is a text, of [`WIDE`](Self::WIDE) bytes.
    pub(super) fn is_wide(self) -> bool {
        self.0 & 1 == 1
    }

    /// Its bytes, of which the first 8 or 11 count.
    pub(super) fn to_bytes(self) -> [u8; 16] {
        (self.0 >> 1).to_le_bytes()
    }

    /// That of the bytes of one.
    pub(super) fn from_bytes(bytes: &[u8], is_wide: bool) -> Self {
        let mut whole = [0; 16];
        whole[..bytes.len()].copy_from_slice(bytes);
        Self(u128::from_le_bytes(whole) << 1 | u128::from(is_wide))
    }

    /// The same for the same number, and even: to choose a bucket and a part of it by.
    pub(super) fn hash(self) -> u64 {
        // Murmur's finish: each bit of what comes in changes half of those that come out.
        let mut hash = self.0 as u64 ^ ((self.0 >> 64) as u64).rotate_left(40);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
        hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
        hash ^ (hash >> 33)
    }

    pub(super) fn unpack(self) -> Option<Unpacked> {
        let value = self.0 >> 1;
        if !self.is_wide() {
            return Serial::new(value as u64).map(Unpacked::Serial);
        }
        let mask = (1 << HALF_BITS) - 1;
        let halves = [(value >> HALF_BITS) as u64 & mask, value as u64 & mask];
        let text = halves.map(characters).concat();
        let text = str::from_utf8(&text).ok()?.trim_end();
        text.parse().ok().map(Unpacked::Number)
    }
}

/// Up to eight characters; what is missing counts as the lowest digit, at the end.
fn half(characters: &[u8]) -> u64 {
    let digits = characters.iter().map(|&character| match character {
        b'0'..=b'9' => u64::from(character - b'0') + 1,
        letter => u64::from(letter - b'A') + 11,
    });
    let value = digits.fold(0, |value, digit| value * DIGITS + digit);
    value * DIGITS.pow((HALF - characters.len()) as u32)
}

/// The characters of a half, with blanks at the end.
fn characters(mut value: u64) -> [u8; HALF] {
    let mut text = [b' '; HALF];
    for character in text.iter_mut().rev() {
        *character = match (value % DIGITS) as u8 {
            0 => b' ',
            digit @ 1..=10 => b'0' + digit - 1,
            digit => b'A' + digit - 11,
        };
        value /= DIGITS;
    }
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// As a bucket keeps it.
    fn kept(packed: Packed) -> Packed {
        let length = match packed.is_wide() {
            true => Packed::WIDE,
            false => Packed::NARROW,
        };
        Packed::from_bytes(&packed.to_bytes()[..length], packed.is_wide())
    }

    #[test]
    fn a_number_comes_back() {
        let texts = [
            "0",
            "A",
            "Z",
            "00",
            "ZZZZZZZZ",
            "ZZZZZZZZZ",
            "00000000",
            "000000000",
            "ZZZZZZZZZZZZZZZZ",
            "0000000000000000",
            "AB12CD34EF56GH7",
            "9Z0A",
        ];
        for text in texts {
            let number: TrackingNumber = text.parse().unwrap();
            let packed = kept(Packed::of_number(&number));
            assert_eq!(packed.unpack(), Some(Unpacked::Number(number)), "{text}");
        }
        let distinct: HashSet<_> = texts
            .iter()
            .map(|text| Packed::of_number(&text.parse().unwrap()))
            .collect();
        assert_eq!(distinct.len(), texts.len());
    }

    #[test]
    fn a_serial_comes_back_and_is_no_text() {
        for value in [0, 1, (1 << 62) - 1] {
            let serial = Serial::new(value).unwrap();
            let packed = kept(Packed::of_serial(serial));
            assert_eq!(packed.unpack(), Some(Unpacked::Serial(serial)));
            assert!(!packed.is_wide());
        }
    }
}
