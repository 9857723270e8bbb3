//! Sixty-four numbers abreast: from their serials to their text and back, as one.
//!
//! # The layout
//! One number alone is a chain: ten rounds of FF1, each of ten rounds of AES, then twelve digits, each of
//! which the check character's next state needs. A processor spends that time waiting. So 64 numbers go
//! through each step together, and every step is a loop over 64 neighbours in memory, which the compiler
//! turns into vector instructions: two, four or eight lanes of 64 bits, or 16 to 64 of a byte.
//!
//! ```text
//!               number 0     1     2          63
//!             ┌───────────┬─────┬─────┬─  ─┬─────┐
//!   Halves    │ left      │     │     │    │     │   64 x u64     FF1: ten rounds, the two rows change places;
//!             │ right     │     │     │    │     │   64 x u64     AES takes all 64 blocks of a round at once
//!             └───────────┴─────┴─────┴─  ─┴─────┘
//!                  │ three digits at a time: 64 x u16, four times
//!                  v
//!             ┌───────────┬─────┬─────┬─  ─┬─────┐
//!   Rows      │ B         │ B   │ B   │    │ B   │   64 x u8      the prefix, as it is
//!             │ digit 1   │     │     │    │     │   64 x u8      the body: its digits, which the check
//!             │ …         │     │     │    │     │   …            character's state walks down, row by row,
//!             │ digit 12  │     │     │    │     │   64 x u8      for all 64; then they become characters
//!             │ check     │     │     │    │     │   64 x u8
//!             │ 0         │ 0   │ 0   │    │ 0   │   64 x u8      what a shorter prefix leaves
//!             └───────────┴─────┴─────┴─  ─┴─────┘
//!                  │ eight rows, read downwards, are eight bytes of each number: 64 x u64, twice
//!                  v
//!              64 TrackingNumbers
//! ```
//!
//! Reading goes the same way upwards. Nothing here is unsafe, and nothing names an instruction: the `aes`
//! crate finds out what the processor can do, and runs the rounds within a function that is compiled for
//! that, so these loops are, too.
//!
//! What is not a number of the series goes through all steps like the others and comes out as nonsense
//! that nobody looks at: so arithmetic wraps where only nonsense can.

use aes::cipher::consts::U16;
use aes::cipher::{
    Array, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser,
    ParBlocksSizeUser,
};

use crate::number::MAX_LENGTH;
use crate::number::base36::SIX_DIGITS;
use crate::number::check_character::Running;
use crate::number::codec::BODY_LENGTH;
use crate::number::ff1::{Direction, Ff1};

/// How many go side by side.
pub(crate) const WIDTH: usize = 64;

/// A row: one part of each number.
type Row<T> = [T; WIDTH];

/// The first and the last six digits of each number's body, as integers below 36^6.
pub(crate) struct Halves {
    pub(crate) left: Row<u64>,
    pub(crate) right: Row<u64>,
}

impl Halves {
    pub(crate) const ZERO: Self = Self {
        left: [0; WIDTH],
        right: [0; WIDTH],
    };

    /// `first` and the integers after it, which are all below 36^12.
    pub(crate) fn from(first: u64) -> Self {
        debug_assert!(u128::from(first) + (WIDTH as u128) < u128::from(SIX_DIGITS).pow(2));
        let (left, right) = (first / SIX_DIGITS, first % SIX_DIGITS);
        let mut halves = Self::ZERO;
        for (index, (a, b)) in halves.left.iter_mut().zip(&mut halves.right).enumerate() {
            let sum = right + index as u64;
            let carry = u64::from(sum >= SIX_DIGITS);
            *a = left + carry;
            *b = sum - carry * SIX_DIGITS;
        }
        halves
    }

    /// Encrypt or decrypt each, by the cipher of bodies.
    #[inline]
    pub(crate) fn run(&mut self, ff1: &Ff1, direction: Direction) {
        debug_assert!(ff1.is_of_bodies());
        ff1.aes().encrypt_with_backend(Rounds {
            ff1,
            direction,
            halves: self,
        });
    }
}

/// All rounds, in one function with AES.
struct Rounds<'a> {
    ff1: &'a Ff1,
    direction: Direction,
    halves: &'a mut Halves,
}

impl BlockSizeUser for Rounds<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Rounds<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, aes: &B) {
        let Halves { left, right } = self.halves;
        let mut outputs = [0; WIDTH];
        // An even and an odd round change one half each.
        let (pairs, _) = self.ff1.blocks().as_chunks::<2>();
        match self.direction {
            Direction::Encrypt => {
                for [even, odd] in pairs {
                    round_function(aes, *even, right, &mut outputs);
                    mix(left, &outputs, add);
                    round_function(aes, *odd, left, &mut outputs);
                    mix(right, &outputs, add);
                }
            }
            Direction::Decrypt => {
                for [even, odd] in pairs.iter().rev() {
                    round_function(aes, *odd, left, &mut outputs);
                    mix(right, &outputs, subtract);
                    round_function(aes, *even, right, &mut outputs);
                    mix(left, &outputs, subtract);
                }
            }
        }
    }
}

/// The first eight bytes of what AES makes of a round's block with each of `halves` in it.
#[inline(always)]
fn round_function<B>(aes: &B, block: u128, halves: &Row<u64>, outputs: &mut Row<u64>)
where
    B: BlockCipherEncBackend<BlockSize = U16>,
{
    let (high, low) = ((block >> 64) as u64, block as u64);
    let mut blocks = [[0; 16]; WIDTH];
    for (block, half) in blocks.iter_mut().zip(halves) {
        block[..8].copy_from_slice(&high.to_be_bytes());
        block[8..].copy_from_slice(&(low ^ half).to_be_bytes());
    }
    let all = Array::<u8, U16>::cast_slice_from_core_mut(&mut blocks);
    let (chunks, tail) =
        Array::<_, <B as ParBlocksSizeUser>::ParBlocksSize>::slice_as_chunks_mut(all);
    for chunk in chunks {
        aes.encrypt_par_blocks_inplace(chunk);
    }
    aes.encrypt_tail_blocks_inplace(tail);
    for (output, block) in outputs.iter_mut().zip(&blocks) {
        if let Some(first) = block.first_chunk() {
            *output = u64::from_be_bytes(*first);
        }
    }
}

#[inline(always)]
fn mix(halves: &mut Row<u64>, outputs: &Row<u64>, with: impl Fn(u64, u64) -> u64) {
    for (half, output) in halves.iter_mut().zip(outputs) {
        *half = with(*half, *output);
    }
}

const MODULUS: u64 = SIX_DIGITS;
/// 3^12: the modulus without its twelve factors of two.
const ODD: u64 = MODULUS >> 12;
/// floor(2^63 / modulus), so 2^32 of it are 2^32 / (2 modulus).
const RECIPROCAL: u64 = (1 << 63) / MODULUS;
/// ceil(2^42 / 3^12)
const ODD_RECIPROCAL: u64 = (1 << 42) / ODD + 1;

// Vectors multiply 32 bits by 32.
const _: () = assert!(ODD << 12 == MODULUS && RECIPROCAL >> 32 == 0 && ODD_RECIPROCAL >> 32 == 0);
// The quotient by ODD is exact for integers whose product with the reciprocal's error stays below 2^42.
const _: () = assert!((7 * ODD) * (ODD_RECIPROCAL * ODD - (1 << 42)) < 1 << 42);

#[inline(always)]
fn low_32(value: u64) -> u64 {
    value & 0xffff_ffff
}

/// `half` + `output` mod the modulus.
#[inline(always)]
fn add(half: u64, output: u64) -> u64 {
    least(half.wrapping_add(below_six(output)))
}

/// `half` - `output` mod the modulus.
#[inline(always)]
fn subtract(half: u64, output: u64) -> u64 {
    least((half.wrapping_add(6 * MODULUS)).wrapping_sub(below_six(output)))
}

/// What is left of `value` below six times the modulus: its quotient by twice the modulus is guessed from
/// its upper half, and less than three too small. One is lost with the reciprocal's fraction, one with the
/// quotient's, and less than one with the lower half, since 2^32 < 2 x modulus.
#[inline(always)]
fn below_six(value: u64) -> u64 {
    let quotient = (low_32(value >> 32) * RECIPROCAL) >> 32;
    value.wrapping_sub((low_32(quotient) * ODD) << 13)
}

/// `value`, below seven times the modulus, reduced.
#[inline(always)]
fn least(value: u64) -> u64 {
    let quotient = (low_32(value >> 12) * ODD_RECIPROCAL) >> 42;
    value.wrapping_sub(low_32(quotient) * MODULUS)
}

/// The characters of each number: row k has their k-th bytes.
pub(crate) struct Rows([Row<u8>; MAX_LENGTH]);

impl Rows {
    /// The numbers of these bodies, after `prefix`; `running` has walked the prefix.
    pub(crate) fn write(prefix: &[u8], running: Running, bodies: &Halves) -> Self {
        let mut rows = [[0; WIDTH]; MAX_LENGTH];
        let (front, rest) = rows.split_at_mut(prefix.len());
        for (row, character) in front.iter_mut().zip(prefix) {
            *row = [*character; WIDTH];
        }
        if let Some((body, [check, ..])) = rest.split_first_chunk_mut::<BODY_LENGTH>() {
            let (first, last) = body.split_at_mut(BODY_LENGTH / 2);
            six_digits(&bodies.left, first);
            six_digits(&bodies.right, last);
            *check = running.abreast(body);
            body.iter_mut().for_each(to_characters);
            to_characters(check);
        }
        Self(rows)
    }

    /// The bodies of numbers of that form, and for each whether its check character is right.
    pub(crate) fn read(&self, prefix_length: usize, running: Running) -> (Halves, Row<bool>) {
        let mut halves = Halves::ZERO;
        let mut right = [false; WIDTH];
        let rest = &self.0[prefix_length..];
        if let Some((characters, [check, ..])) = rest.split_first_chunk::<BODY_LENGTH>() {
            let mut body = *characters;
            body.iter_mut().for_each(to_digits);
            let mut check = *check;
            to_digits(&mut check);
            let expected = running.abreast(&body);
            for ((right, expected), found) in right.iter_mut().zip(&expected).zip(&check) {
                *right = expected == found;
            }
            let (first, last) = body.split_at(BODY_LENGTH / 2);
            halves.left = from_six_digits(first);
            halves.right = from_six_digits(last);
        }
        (halves, right)
    }

    /// From the characters of each number: its first eight, and its others.
    pub(crate) fn from_words(first: &Row<u64>, others: &Row<u64>) -> Self {
        let mut rows = [[0; WIDTH]; MAX_LENGTH];
        let (front, back) = rows.split_at_mut(8);
        for (words, rows) in [(first, front), (others, back)] {
            for (row, shift) in rows.iter_mut().zip((0..).step_by(8)) {
                for (character, word) in row.iter_mut().zip(words) {
                    *character = (word >> shift) as u8;
                }
            }
        }
        Self(rows)
    }

    /// The characters of each number: its first eight, and its others.
    pub(crate) fn words(&self) -> [Row<u64>; 2] {
        let (front, back) = self.0.split_at(8);
        [front, back].map(|rows| {
            // In steps, so that each combines as many lanes as a vector holds.
            let mut twos = [[0_u16; WIDTH]; 4];
            for (twos, pair) in twos.iter_mut().zip(rows.as_chunks::<2>().0) {
                for (index, two) in twos.iter_mut().enumerate() {
                    *two = u16::from(pair[0][index]) | u16::from(pair[1][index]) << 8;
                }
            }
            let mut fours = [[0_u32; WIDTH]; 2];
            for (fours, pair) in fours.iter_mut().zip(twos.as_chunks::<2>().0) {
                for (index, four) in fours.iter_mut().enumerate() {
                    *four = u32::from(pair[0][index]) | u32::from(pair[1][index]) << 16;
                }
            }
            let mut words = [0; WIDTH];
            for (index, word) in words.iter_mut().enumerate() {
                *word = u64::from(fours[0][index]) | u64::from(fours[1][index]) << 32;
            }
            words
        })
    }
}

/// Three digits are below this.
const THREE_DIGITS: u64 = 36 * 36 * 36;

/// The six digits of each of `values`.
#[inline]
fn six_digits(values: &Row<u64>, rows: &mut [Row<u8>]) {
    // 36^3 is 2^6 x 729; exact for values whose product with the reciprocal's error stays below 2^35.
    const RECIPROCAL: u64 = (1 << 35) / 729 + 1;
    const _: () = assert!((SIX_DIGITS >> 6) * (RECIPROCAL * 729 - (1 << 35)) < 1 << 35);
    const _: () = assert!(64 * 729 == THREE_DIGITS);
    let mut threes = [[0_u16; WIDTH]; 2];
    let [high, low] = &mut threes;
    for ((high, low), value) in high.iter_mut().zip(low).zip(values) {
        let quotient = (low_32(value >> 6) * RECIPROCAL) >> 35;
        *high = quotient as u16;
        *low = value.wrapping_sub(low_32(quotient) * THREE_DIGITS) as u16;
    }
    for (three, rows) in threes.iter().zip(rows.as_chunks_mut::<3>().0) {
        let [first, second, third] = rows;
        let row = first.iter_mut().zip(second).zip(third);
        for (((first, second), third), three) in row.zip(three) {
            let (two, digit) = by_36(*three);
            *third = digit as u8;
            let (one, digit) = by_36(two);
            *second = digit as u8;
            *first = one as u8;
        }
    }
}

/// The quotient and the remainder by 36.
#[inline(always)]
fn by_36(value: u16) -> (u16, u16) {
    const RECIPROCAL: u32 = (1 << 21) / 36 + 1;
    const _: () = assert!((u16::MAX as u32) * (RECIPROCAL * 36 - (1 << 21)) < 1 << 21);
    const _: () = assert!(RECIPROCAL <= u16::MAX as u32);
    let quotient = ((u32::from(value) * RECIPROCAL) >> 21) as u16;
    (quotient, value.wrapping_sub(quotient.wrapping_mul(36)))
}

/// The integers of six rows of digits.
#[inline]
fn from_six_digits(rows: &[Row<u8>]) -> Row<u64> {
    let mut threes = [[0_u16; WIDTH]; 2];
    for (three, rows) in threes.iter_mut().zip(rows.as_chunks::<3>().0) {
        for (index, three) in three.iter_mut().enumerate() {
            let [first, second, third] = rows.map(|row| u16::from(row[index]));
            let two = first.wrapping_mul(36).wrapping_add(second);
            *three = two.wrapping_mul(36).wrapping_add(third);
        }
    }
    let mut values = [0; WIDTH];
    for (index, value) in values.iter_mut().enumerate() {
        *value = u64::from(threes[0][index]) * THREE_DIGITS + u64::from(threes[1][index]);
    }
    values
}

/// From digits to their characters.
#[inline]
fn to_characters(row: &mut Row<u8>) {
    for digit in row {
        *digit = digit.wrapping_add(if *digit > 9 { b'A' - 10 } else { b'0' });
    }
}

/// From characters to their digits.
#[inline]
fn to_digits(row: &mut Row<u8>) {
    for character in row {
        let letter = *character > b'9';
        *character = character.wrapping_sub(if letter { b'A' - 10 } else { b'0' });
    }
}

#[cfg(test)]
mod tests;
