//! The 36 characters of a tracking number as digits: `0-9` are 0 to 9, `A-Z` are 10 to 35.

/// The character of each digit.
pub(crate) const CHARACTERS: &[u8; 36] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// 36^6: how many values six digits have.
pub(crate) const SIX_DIGITS: u64 = 36u64.pow(6);

/// The digit of a character, or `None` for one outside `0-9A-Z`.
#[inline]
pub(crate) const fn digit(character: u8) -> Option<u8> {
    match character {
        b'0'..=b'9' => Some(character - b'0'),
        b'A'..=b'Z' => Some(character - b'A' + 10),
        _ => None,
    }
}

/// Both characters of each two-digit value, so that six digits take three look-ups.
const PAIRS: [[u8; 2]; 1296] = {
    let mut pairs = [[0; 2]; 1296];
    let mut value = 0;
    while value < 1296 {
        pairs[value] = [CHARACTERS[value / 36], CHARACTERS[value % 36]];
        value += 1;
    }
    pairs
};

/// Write `value`, which is below 36^6, as six characters.
#[inline]
pub(crate) fn write_six(value: u32, out: &mut [u8; 6]) {
    let (high, low) = (value / 1296, value % 1296);
    let (top, middle) = (high / 1296, high % 1296);
    for (pair, digits) in out
        .as_chunks_mut::<2>()
        .0
        .iter_mut()
        .zip([top, middle, low])
    {
        *pair = PAIRS[digits as usize];
    }
}

/// Read up to twelve characters; `None` where one is outside `0-9A-Z`.
pub(crate) fn read(characters: &[u8]) -> Option<u64> {
    debug_assert!(characters.len() <= 12);
    let mut value = 0;
    for &character in characters {
        value = value * 36 + u64::from(digit(character)?);
    }
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn six_digits_round_trip(value in 0..SIX_DIGITS as u32) {
            let mut text = [0; 6];
            write_six(value, &mut text);
            prop_assert_eq!(read(&text), Some(u64::from(value)));
        }
    }

    #[test]
    fn reads_no_other_character() {
        for byte in 0..=255u8 {
            assert_eq!(read(&[byte]).is_some(), CHARACTERS.contains(&byte));
        }
    }
}
