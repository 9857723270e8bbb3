//! From a serial to its number and back.

use crate::number::TrackingNumber;
use crate::number::abreast::{Halves, Rows, WIDTH};
use crate::number::base36::{self, SIX_DIGITS};
use crate::number::check_character::Running;
use crate::number::ff1::{self, Direction, Ff1};
use crate::number::judge::Reason;
use crate::number::key::Key;
use crate::number::prefix::{PREFIX_LENGTH, Prefix};
use crate::number::serial::{Block, Serial};

/// So few are faster one by one than abreast.
const FEW: usize = 4;

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
        self.write(self.ff1.encrypt(split(serial.value())))
    }

    /// Encode the first serials of `block` into `out`, as many as both have.
    pub(crate) fn encode_block(&self, block: Block, out: &mut [TrackingNumber]) {
        let count = out.len().min(block.length().get() as usize);
        let mut first = block.start().value();
        for out in out[..count].chunks_mut(WIDTH) {
            if out.len() <= FEW {
                for (number, serial) in out.iter_mut().zip(first..) {
                    *number = self.write(self.ff1.encrypt(split(serial)));
                }
                continue;
            }
            let mut halves = Halves::from(first);
            halves.run(&self.ff1, Direction::Encrypt);
            let [start, rest] = Rows::write(self.prefix.as_bytes(), self.running, &halves).words();
            let words = start.iter().zip(&rest);
            for (number, (start, rest)) in out.iter_mut().zip(words) {
                let bytes = u128::from(*start) | u128::from(*rest) << 64;
                *number = TrackingNumber::from_ascii(bytes.to_le_bytes(), self.length());
            }
            first += WIDTH as u64;
        }
    }

    /// The characters of a number.
    fn length(&self) -> u8 {
        (self.prefix.as_bytes().len() + BODY_LENGTH + 1) as u8
    }

    #[inline]
    fn write(&self, [left, right]: ff1::Halves) -> TrackingNumber {
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
        TrackingNumber::from_ascii(bytes, self.length())
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
        join(self.ff1.decrypt(split(value)))
    }

    /// Decode each of `numbers` into its place of `out`, as many as both have.
    pub(crate) fn decode_each(
        &self,
        numbers: &[TrackingNumber],
        out: &mut [Result<Serial, Reason>],
    ) {
        for (numbers, out) in numbers.chunks(WIDTH).zip(out.chunks_mut(WIDTH)) {
            if numbers.len() <= FEW {
                for (number, out) in numbers.iter().zip(out) {
                    *out = self.decode(number);
                }
                continue;
            }
            let [mut start, mut rest] = [[0; WIDTH]; 2];
            for ((start, rest), number) in start.iter_mut().zip(&mut rest).zip(numbers) {
                let bytes = u128::from_le_bytes(number.bytes);
                (*start, *rest) = (bytes as u64, (bytes >> 64) as u64);
            }
            let prefix = self.prefix.as_bytes();
            let rows = Rows::from_words(&start, &rest);
            let (mut halves, right) = rows.read(prefix.len(), self.running);
            halves.run(&self.ff1, Direction::Decrypt);
            let serials = halves.left.iter().zip(&halves.right).zip(right);
            for ((out, number), ((left, right), check)) in out.iter_mut().zip(numbers).zip(serials)
            {
                *out = if !number.as_bytes().starts_with(prefix) {
                    Err(Reason::Prefix)
                } else if number.length != self.length() {
                    Err(Reason::Length)
                } else if !check {
                    Err(Reason::CheckCharacter)
                } else {
                    join([*left, *right])
                };
            }
        }
    }
}

/// An integer below 36^12 as its first six and last six base-36 digits.
#[inline]
fn split(value: u64) -> ff1::Halves {
    [value / SIX_DIGITS, value % SIX_DIGITS]
}

/// The serial of its halves, if it is one: an integer below 36^12 may be too large.
#[inline]
fn join([left, right]: ff1::Halves) -> Result<Serial, Reason> {
    Serial::new(left * SIX_DIGITS + right).ok_or(Reason::NotOfThisSeries)
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

        /// Numbers of this series, some of them spoilt, and texts of other shapes among them.
        #[test]
        fn each_of_many_is_decoded_as_one(
            prefix in "[A-Z0-9]{0,3}",
            serials in prop::collection::vec((0..SERIALS, prop::option::weighted(0.3, (0usize..20, "[A-Z0-9]"))), 0..150),
            others in prop::collection::vec((0usize..150, "[A-Z0-9]{1,16}"), 0..40),
            room in 0usize..150,
        ) {
            let codec = Codec::new(prefix.parse()?, &Key::from_bytes([7; 16]));
            let mut numbers = Vec::new();
            for (serial, spoilt) in serials {
                let mut text = codec.encode(Serial::new(serial).unwrap()).to_string();
                if let Some((at, with)) = spoilt {
                    let at = at % text.len();
                    text.replace_range(at..=at, &with);
                }
                numbers.push(text.parse()?);
            }
            for (at, text) in others {
                numbers.insert(at % (numbers.len() + 1), text.parse()?);
            }
            let mut found = vec![Err(Reason::Malformed); room];
            codec.decode_each(&numbers, &mut found);
            let mut expected: Vec<_> = numbers.iter().map(|n| codec.decode(n)).take(room).collect();
            expected.resize(room, Err(Reason::Malformed));
            prop_assert_eq!(found, expected);
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
