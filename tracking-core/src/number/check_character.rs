//! The check character: ISO 7064 MOD 37,36, a hybrid system over `0-9A-Z`.

use crate::number::base36::{CHARACTERS, digit};

/// Rows of the table: the characters from `0` to `Z`.
const ROWS: usize = (b'Z' - b'0' + 1) as usize;

/// The intermediate product after another character: `NEXT[character - '0'][product]`. Products
/// are 1 to 36; a row has 64 places so that its start is a shift away. One look-up a character,
/// and no branch on what the character is.
const NEXT: [[u8; 64]; ROWS] = {
    let mut next = [[0; 64]; ROWS];
    let mut digit = 0;
    while digit < 36 {
        let row = (CHARACTERS[digit] - b'0') as usize;
        let mut product = 1;
        while product < 37 {
            let sum = (product + digit) % 36;
            let sum = if sum == 0 { 36 } else { sum };
            next[row][product] = (sum * 2 % 37) as u8;
            product += 1;
        }
        digit += 1;
    }
    next
};

/// The part of a computation that has been done, so that a common prefix is walked once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Running(u8);

impl Running {
    pub(crate) const START: Self = Self(36);

    /// After another character, which must be one of `0-9A-Z`.
    #[inline]
    pub(crate) fn push(self, character: u8) -> Self {
        debug_assert!(digit(character).is_some());
        let row = usize::from(character.wrapping_sub(b'0')).min(ROWS - 1);
        Self(NEXT[row][usize::from(self.0 % 64)])
    }

    /// The digits of the check characters after each of many strings of digits, of which row k has the
    /// k-th ones.
    ///
    /// Here products are one less than the standard's, 0 to 35: so both of its reductions are the lesser
    /// of a value and that value less the modulus, which wraps round where it was small enough.
    #[inline]
    pub(crate) fn abreast<const N: usize>(self, rows: &[[u8; N]]) -> [u8; N] {
        let mut products = [self.0.wrapping_sub(1); N];
        for row in rows {
            for (product, digit) in products.iter_mut().zip(row) {
                let sum = product.wrapping_add(*digit);
                let sum = sum.min(sum.wrapping_sub(36));
                let double = sum.wrapping_mul(2).wrapping_add(1);
                *product = double.min(double.wrapping_sub(37));
            }
        }
        // 37 - product mod 36, of the standard's product.
        products.map(|product| 36_u8.wrapping_sub(product).min(0_u8.wrapping_sub(product)))
    }

    /// The check character of what was pushed.
    #[inline]
    pub(crate) fn character(self) -> u8 {
        CHARACTERS[usize::from(37 - self.0) % 36]
    }
}

/// The check character of `text` by ISO 7064 MOD 37,36, or `None` where a character is outside
/// `0-9A-Z`.
///
/// It catches every single wrong character, and nearly every swap of two neighbours.
///
/// ```
/// assert_eq!(tracking_core::number::check_character("A12425GABC1234002"), Some('M'));
/// assert_eq!(tracking_core::number::check_character("a1"), None);
/// ```
pub fn check_character(text: &str) -> Option<char> {
    text.bytes()
        .all(|c| digit(c).is_some())
        .then(|| char::from(text.bytes().fold(Running::START, Running::push).character()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn published_vectors() {
        // The Global Release Identifier and the International Shipment examples.
        for (text, expected) in [
            ("A12425GABC1234002", 'M'),
            ("09980000020033", 'F'),
            ("09980000020034", 'D'),
        ] {
            assert_eq!(check_character(text), Some(expected), "{text}");
        }
    }

    /// The standard's own formula, character by character.
    fn slow(text: &str) -> char {
        let mut product = 36u32;
        for c in text.chars() {
            let sum = (product + c.to_digit(36).unwrap()) % 36;
            product = if sum == 0 { 36 } else { sum } * 2 % 37;
        }
        char::from(CHARACTERS[((37 - product) % 36) as usize])
    }

    proptest! {
        #[test]
        fn agrees_with_the_formula(text in "[A-Z0-9]{0,15}") {
            prop_assert_eq!(check_character(&text), Some(slow(&text)));
        }

        #[test]
        fn one_wrong_character_is_always_caught(text in "[A-Z0-9]{1,15}", at in 0usize..15, by in 1u8..36) {
            let at = at % text.len();
            let mut wrong = text.clone().into_bytes();
            let other = (digit(wrong[at]).unwrap() + by) % 36;
            wrong[at] = CHARACTERS[usize::from(other)];
            let wrong = String::from_utf8(wrong)?;
            prop_assert_ne!(check_character(&wrong), check_character(&text));
        }
    }
}
