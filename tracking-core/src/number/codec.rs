//! From a serial to its number and back.

use crate::number::TrackingNumber;
use crate::number::base36::{self, SIX_DIGITS};
use crate::number::check_character::Running;
use crate::number::ff1::{BATCH, Ff1, Halves};
use crate::number::judge::Reason;
use crate::number::key::Key;
use crate::number::prefix::{PREFIX_LENGTH, Prefix};
use crate::number::serial::{Block, Serial};

/// Characters of the body: the serial, encrypted.
pub(crate) const BODY_LENGTH: usize = 12;
const _: () = assert!(PREFIX_LENGTH + BODY_LENGTH + 1 == crate::number::MAX_LENGTH);

/// Turns serials into tracking numbers and back, for one prefix and key.
#[derive(Clone)]
pub(crate) struct Codec {
    prefix: Prefix,
    ff1: Ff1,
    /// The prefix in its place, the rest zero.
    template: [u8; 16],
    /// The check character's computation up to the end of the prefix.
    running: Running,
}

impl Codec {
    pub(crate) fn new(prefix: Prefix, key: &Key) -> Self {
        let mut template = [0; 16];
        template[..prefix.as_bytes().len()].copy_from_slice(prefix.as_bytes());
        #[expect(
            clippy::expect_used,
            reason = "36^6 fits 64 bits and 36^12 is a large domain"
        )]
        let ff1 = Ff1::new(key.expose(), 36, BODY_LENGTH as u32, &[]).expect("a valid domain");
        Self {
            prefix,
            ff1,
            template,
            running: prefix
                .as_bytes()
                .iter()
                .fold(Running::START, |running, &c| running.push(c)),
        }
    }

    pub(crate) fn encode(&self, serial: Serial) -> TrackingNumber {
        let mut value = [split(serial.value())];
        self.ff1.encrypt(&mut value);
        self.write(value[0])
    }

    /// Encode the first serials of `block` into `out`, as many as both have.
    pub(crate) fn encode_block(&self, block: Block, out: &mut [TrackingNumber]) {
        let mut values = [[0; 2]; BATCH];
        let mut serials = block.serials();
        for out in out.chunks_mut(BATCH) {
            let count = out.len().min(serials.len());
            for (value, serial) in values[..count].iter_mut().zip(&mut serials) {
                *value = split(serial.value());
            }
            self.ff1.encrypt(&mut values[..count]);
            for (number, value) in out.iter_mut().zip(&values[..count]) {
                *number = self.write(*value);
            }
        }
    }

    #[inline]
    fn write(&self, [left, right]: Halves) -> TrackingNumber {
        let start = self.prefix.as_bytes().len();
        let mut body = [0; BODY_LENGTH];
        if let ([first, second], _) = body.as_chunks_mut::<6>() {
            base36::write_six(left as u32, first);
            base36::write_six(right as u32, second);
        }
        let check = body
            .iter()
            .fold(self.running, |running, &c| running.push(c))
            .character();
        let mut bytes = self.template;
        bytes[start..start + BODY_LENGTH].copy_from_slice(&body);
        bytes[start + BODY_LENGTH] = check;
        TrackingNumber::from_ascii(bytes, (start + BODY_LENGTH + 1) as u8)
    }

    /// The serial of a number of this prefix and key, or why it has none.
    pub(crate) fn decode(&self, number: &TrackingNumber) -> Result<Serial, Reason> {
        let bytes = number.as_bytes();
        let rest = bytes
            .strip_prefix(self.prefix.as_bytes())
            .ok_or(Reason::Prefix)?;
        let Some((check, body)) = rest.split_last().filter(|(_, b)| b.len() == BODY_LENGTH) else {
            return Err(Reason::Length);
        };
        let expected = body
            .iter()
            .fold(self.running, |running, &c| running.push(c));
        if expected.character() != *check {
            return Err(Reason::CheckCharacter);
        }
        let value = base36::read(body).ok_or(Reason::Malformed)?;
        let mut values = [split(value)];
        self.ff1.decrypt(&mut values);
        let [left, right] = values[0];
        Serial::new(left * SIX_DIGITS + right).ok_or(Reason::NotOfThisSeries)
    }
}

/// An integer below 36^12 as its first six and last six base-36 digits.
#[inline]
fn split(value: u64) -> Halves {
    [value / SIX_DIGITS, value % SIX_DIGITS]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::serial::SERIALS;
    use proptest::prelude::*;
    use std::num::NonZeroU32;

    proptest! {
        #[test]
        fn numbers_round_trip(prefix in "[A-Z0-9]{0,3}", key: [u8; 16], serial in 0..SERIALS) {
            let codec = Codec::new(prefix.parse()?, &Key::from_bytes(key));
            let serial = Serial::new(serial).unwrap();
            let number = codec.encode(serial);
            prop_assert_eq!(number.as_str().len(), prefix.len() + 13);
            prop_assert!(number.as_str().starts_with(&prefix));
            let (text, check) = number.as_str().split_at(prefix.len() + 12);
            prop_assert_eq!(crate::number::check_character(text), check.chars().next());
            prop_assert_eq!(codec.decode(&number), Ok(serial));
            prop_assert_eq!(number.as_str().parse::<TrackingNumber>()?, number);
        }

        #[test]
        fn a_block_is_each_of_its_serials(start in 0u64..1 << 40, length in 1u32..300, room in 0usize..300) {
            let codec = Codec::new(Prefix::EMPTY, &Key::from_bytes([7; 16]));
            let block = Block::new(Serial::new(start).unwrap(), NonZeroU32::new(length).unwrap()).unwrap();
            let blank: TrackingNumber = "0".parse()?;
            let mut out = vec![blank; room];
            codec.encode_block(block, &mut out);
            let mut expected: Vec<_> = block.serials().map(|serial| codec.encode(serial)).take(room).collect();
            expected.resize(room, blank);
            prop_assert_eq!(out, expected);
        }

        #[test]
        fn decodes_only_what_it_encodes(text in "[A-Z0-9]{1,16}") {
            let codec = Codec::new("A".parse()?, &Key::from_bytes([7; 16]));
            let number: TrackingNumber = text.parse()?;
            if let Ok(serial) = codec.decode(&number) {
                prop_assert_eq!(codec.encode(serial), number);
            }
        }
    }

    /// The bodies of an unrelated implementation of FF1 (the `fpe` crate), to the letter.
    #[test]
    fn bodies_are_ff1_of_twelve_base_36_digits() {
        use fpe::ff1::{FF1, FlexibleNumeralString};
        let key = Key::from_bytes(*b"0123456789abcdef");
        let oracle = FF1::<aes::Aes128>::new(key.expose(), 36).unwrap();
        let codec = Codec::new("ZZ9".parse().unwrap(), &key);
        for serial in [0, 1, 36, 1 << 18, (1 << 62) - 1] {
            let mut digits = vec![0u16; 12];
            let mut rest = serial;
            for digit in digits.iter_mut().rev() {
                *digit = (rest % 36) as u16;
                rest /= 36;
            }
            let body = oracle
                .encrypt(&[], &FlexibleNumeralString::from(digits))
                .unwrap();
            let body: String = Vec::<u16>::from(body)
                .iter()
                .map(|&d| char::from(base36::CHARACTERS[usize::from(d)]))
                .collect();
            let number = codec.encode(Serial::new(serial).unwrap());
            assert_eq!(&number.as_str()[3..15], body);
        }
    }
}
