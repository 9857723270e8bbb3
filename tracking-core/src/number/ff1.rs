//! Format-preserving encryption: FF1 of NIST SP 800-38G over AES-128.
//!
//! FF1 is ten Feistel rounds, each of which needs the AES result of the round before: a chain of ten.
//! Here is the chain of one value, for any domain. [`abreast`](super::abreast) runs those of many values
//! side by side, for the domain of a number's body.
//!
//! Radix, length and tweak are parameters, fixed when the cipher is made: all that the CBC-MAC of
//! a round takes in but its last block is then constant, and is computed once.

use aes::Aes128Enc;
use aes::cipher::consts::U16;
use aes::cipher::{
    Array, BlockCipherEncBackend, BlockCipherEncClosure, BlockCipherEncrypt, BlockSizeUser, KeyInit,
};

use crate::number::base36::SIX_DIGITS;

const ROUNDS: u32 = 10;

/// The modulus of both halves of a body, which is twelve digits of base 36.
const BODY_MODULUS: Modulus = Modulus::new(SIX_DIGITS);
/// How many bytes of a round's output are used for a body.
const BODY_OUTPUT_BYTES: u32 = 8;

/// How many half strings there may be: sums of two stay below 2^64.
const MOST_HALVES: u64 = 1 << 63;

/// FF1 for numeral strings of one radix, length and tweak.
#[derive(Clone)]
pub(crate) struct Ff1 {
    aes: Aes128Enc,
    /// What each round encrypts when its right half is 0: the CBC-MAC state before the last block, with
    /// all that is known of that block mixed in. NUM(B) ends it.
    blocks: [u128; ROUNDS as usize],
    /// Bytes of the round's output that are used, called d in the standard; at most 12 here.
    output_bytes: u32,
    /// Of the left half (u numerals) and the right half (v numerals).
    moduli: [Modulus; 2],
}

/// The two halves of a numeral string as integers: the first u numerals and the last v.
pub(crate) type Halves = [u64; 2];

impl Ff1 {
    /// A cipher for strings of `length` numerals below `radix`.
    ///
    /// `None` where there are more than [`MOST_HALVES`] half strings, or `radix` is outside 2 to
    /// 65,536, or the domain is below the minimum of 1,000,000 strings that Revision 1 of the
    /// standard sets.
    pub(crate) fn new(key: &[u8; 16], radix: u32, length: u32, tweak: &[u8]) -> Option<Self> {
        let left = length / 2;
        let right = length - left;
        let moduli = [
            u64::from(radix).checked_pow(left)?,
            u64::from(radix).checked_pow(right)?,
        ];
        if !(2..=65_536).contains(&radix)
            || moduli[1] > MOST_HALVES
            || u128::from(moduli[0]) * u128::from(moduli[1]) < 1_000_000
        {
            return None;
        }
        // ceil(ceil(v * log2(radix)) / 8): the bytes of the largest right half, called b in the standard.
        let half_bytes = (u64::BITS - (moduli[1] - 1).leading_zeros()).div_ceil(8);
        let output_bytes = 4 * half_bytes.div_ceil(4) + 4;

        let tweak_length = u32::try_from(tweak.len()).ok()?;
        let mut fixed = vec![1, 2, 1];
        fixed.extend_from_slice(&radix.to_be_bytes()[1..]);
        fixed.extend_from_slice(&[ROUNDS as u8, left as u8]);
        fixed.extend_from_slice(&length.to_be_bytes());
        fixed.extend_from_slice(&tweak_length.to_be_bytes());
        fixed.extend_from_slice(tweak);
        // Zeros up to the round number and NUM(B), which end the last block and are left zero.
        fixed.resize(
            (fixed.len() + 1 + half_bytes as usize).next_multiple_of(16),
            0,
        );

        let aes = Aes128Enc::new(&Array::from(*key));
        let (blocks, _) = fixed.as_chunks::<16>();
        let mut mac = 0;
        for (index, block) in blocks.iter().enumerate() {
            mac ^= u128::from_be_bytes(*block);
            if index + 1 < blocks.len() {
                let mut block = Array::from(mac.to_be_bytes());
                aes.encrypt_block(&mut block);
                mac = u128::from_be_bytes(block.into());
            }
        }
        Some(Self {
            aes,
            blocks: std::array::from_fn(|round| mac ^ (round as u128) << (8 * half_bytes)),
            output_bytes,
            moduli: moduli.map(Modulus::new),
        })
    }

    /// Encrypt a value.
    #[inline]
    pub(crate) fn encrypt(&self, value: Halves) -> Halves {
        self.run(Direction::Encrypt, value)
    }

    /// Decrypt a value.
    #[inline]
    pub(crate) fn decrypt(&self, value: Halves) -> Halves {
        self.run(Direction::Decrypt, value)
    }

    #[inline]
    fn run(&self, direction: Direction, mut value: Halves) -> Halves {
        self.aes.encrypt_with_backend(Chain {
            ff1: self,
            direction,
            value: &mut value,
        });
        value
    }

    /// What each round encrypts when its right half is 0; that half is added by exclusive or.
    #[inline]
    pub(super) fn blocks(&self) -> &[u128; ROUNDS as usize] {
        &self.blocks
    }

    /// Whether it is of the strings that bodies are: twelve digits of base 36.
    #[inline]
    pub(super) fn is_of_bodies(&self) -> bool {
        let moduli = self.moduli.map(|modulus| modulus.modulus);
        self.output_bytes == BODY_OUTPUT_BYTES && moduli == [BODY_MODULUS.modulus; 2]
    }

    /// The cipher that encrypts them.
    #[inline]
    pub(super) fn aes(&self) -> &Aes128Enc {
        &self.aes
    }
}

/// Which way a cipher is run. Both encrypt with AES.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    Encrypt,
    Decrypt,
}

/// All rounds of one value, in one function with AES: what a round leaves in a register, the next one
/// finds there.
struct Chain<'a> {
    ff1: &'a Ff1,
    direction: Direction,
    value: &'a mut Halves,
}

impl BlockSizeUser for Chain<'_> {
    type BlockSize = U16;
}

impl BlockCipherEncClosure for Chain<'_> {
    #[inline(always)]
    fn call<B: BlockCipherEncBackend<BlockSize = U16>>(self, aes: &B) {
        let ff1 = self.ff1;
        if ff1.is_of_bodies() {
            // With constants for what the compiler does not know of any other.
            self.rounds(aes, BODY_OUTPUT_BYTES, |_| BODY_MODULUS);
        } else {
            self.rounds(aes, ff1.output_bytes, |round| ff1.moduli[round % 2]);
        }
    }
}

impl Chain<'_> {
    #[inline(always)]
    fn rounds<B>(self, aes: &B, output_bytes: u32, modulus: impl Fn(usize) -> Modulus)
    where
        B: BlockCipherEncBackend<BlockSize = U16>,
    {
        let [mut a, mut b] = *self.value;
        let blocks = self.ff1.blocks.iter().enumerate();
        match self.direction {
            Direction::Encrypt => {
                for (round, block) in blocks {
                    let modulus = modulus(round);
                    let output = modulus.round(aes, *block, b, output_bytes);
                    (a, b) = (b, modulus.add(a, output));
                }
            }
            Direction::Decrypt => {
                for (round, block) in blocks.rev() {
                    let modulus = modulus(round);
                    let output = modulus.round(aes, *block, a, output_bytes);
                    (a, b) = (modulus.subtract(b, output), a);
                }
            }
        }
        *self.value = [a, b];
    }
}

/// A modulus with its reciprocal: a multiplication is several times faster than a division.
#[derive(Clone, Copy)]
struct Modulus {
    modulus: u64,
    /// floor((2^64 - 1) / modulus)
    reciprocal: u64,
}

impl Modulus {
    const fn new(modulus: u64) -> Self {
        Self {
            modulus,
            reciprocal: u64::MAX / modulus,
        }
    }

    /// The round function of `half`, by this modulus of the other half.
    #[inline(always)]
    fn round<B>(self, aes: &B, block: u128, half: u64, output_bytes: u32) -> u64
    where
        B: BlockCipherEncBackend<BlockSize = U16>,
    {
        let mut block = Array::from((block ^ u128::from(half)).to_be_bytes());
        aes.encrypt_block_inplace(&mut block);
        let output = u128::from_be_bytes(block.into());
        match output_bytes {
            8 => self.reduce((output >> 64) as u64),
            bytes => self.reduce_wide(output >> (128 - 8 * bytes)),
        }
    }

    /// `value` mod the modulus, of any value: slow.
    fn reduce_wide(&self, value: u128) -> u64 {
        (value % u128::from(self.modulus)) as u64
    }

    /// `value` mod the modulus.
    #[inline]
    fn reduce(&self, value: u64) -> u64 {
        // The estimate is at most one too small: the reciprocal lacks at most 1 of 2^64 / modulus,
        // so the product lacks at most value / 2^64 < 1 of the quotient.
        let estimate = ((u128::from(value) * u128::from(self.reciprocal)) >> 64) as u64;
        self.once_less(value - estimate * self.modulus)
    }

    /// `value` below twice the modulus, reduced. Without a branch, which random values would make
    /// the processor guess wrong half of the time: below the modulus the difference wraps round to
    /// a large number.
    #[inline]
    fn once_less(&self, value: u64) -> u64 {
        value.min(value.wrapping_sub(self.modulus))
    }

    /// `a` + `b` mod the modulus, of values below it.
    #[inline]
    fn add(&self, a: u64, b: u64) -> u64 {
        self.once_less(a + b)
    }

    /// `a` - `b` mod the modulus, of values up to it.
    #[inline]
    fn subtract(&self, a: u64, b: u64) -> u64 {
        let difference = a.wrapping_sub(b);
        difference.min(difference.wrapping_add(self.modulus))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use fpe::ff1::{FF1, FlexibleNumeralString};
    use proptest::prelude::*;

    const KEY: [u8; 16] = [
        0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F,
        0x3C,
    ];

    fn halves(text: &str, radix: u32) -> Halves {
        let (left, right) = text.split_at(text.len() / 2);
        [left, right].map(|half| u64::from_str_radix(half, radix).unwrap())
    }

    #[test]
    fn nist_sp_800_38g_samples() {
        let tweak = [0x39, 0x38, 0x37, 0x36, 0x35, 0x34, 0x33, 0x32, 0x31, 0x30];
        let tweak_36 = [
            0x37, 0x37, 0x37, 0x37, 0x70, 0x71, 0x72, 0x73, 0x37, 0x37, 0x37,
        ];
        // FF1-AES128, samples 1 to 3 of the standard's example values.
        for (radix, tweak, plain, cipher) in [
            (10, &[][..], "0123456789", "2433477484"),
            (10, &tweak[..], "0123456789", "6124200773"),
            (
                36,
                &tweak_36[..],
                "0123456789abcdefghi",
                "a9tv40mll9kdu509eum",
            ),
        ] {
            let ff1 = Ff1::new(&KEY, radix, plain.len() as u32, tweak).unwrap();
            let [plain, cipher] = [plain, cipher].map(|text| halves(text, radix));
            assert_eq!(ff1.encrypt(plain), cipher);
            assert_eq!(ff1.decrypt(cipher), plain);
        }
    }

    #[test]
    fn refuses_what_it_cannot_hold() {
        for (radix, length) in [
            (1, 12),
            (65_537, 4),
            (36, 40),
            (10, 5),
            (3, 4),
            // Halves of 10^19, 2^64 and 3^40, of which two are more than 64 bits hold.
            (10, 38),
            (10, 37),
            (2, 127),
            (3, 80),
        ] {
            assert!(
                Ff1::new(&KEY, radix, length, &[]).is_none(),
                "{radix} {length}"
            );
        }
    }

    fn numerals(mut value: u64, radix: u32, length: usize) -> Vec<u16> {
        let mut numerals = vec![0; length];
        for numeral in numerals.iter_mut().rev() {
            *numeral = (value % u64::from(radix)) as u16;
            value /= u64::from(radix);
        }
        numerals
    }

    proptest! {
        #[test]
        fn agrees_with_the_fpe_crate(
            key: [u8; 16],
            radix in 2u32..=256,
            tweak in prop::collection::vec(any::<u8>(), 0..40),
            // Short, and as long as halves may be.
            (length, seed) in (prop_oneof![2usize..=12, 12usize..=126], any::<[u64; 2]>()),
        ) {
            let Some(ff1) = Ff1::new(&key, radix, length as u32, &tweak) else {
                return Ok(()); // Too small or too large a domain for this code.
            };
            let plain = [seed[0] % ff1.moduli[0].modulus, seed[1] % ff1.moduli[1].modulus];
            let cipher = ff1.encrypt(plain);
            let oracle = FF1::<aes::Aes128>::new(&key, radix).unwrap();
            let split = |[left, right]: Halves| {
                let mut all = numerals(left, radix, length / 2);
                all.extend(numerals(right, radix, length - length / 2));
                all
            };
            let expected = oracle
                .encrypt(&tweak, &FlexibleNumeralString::from(split(plain)))
                .unwrap();
            prop_assert_eq!(split(cipher), Vec::<u16>::from(expected));
            prop_assert_eq!(ff1.decrypt(cipher), plain);
        }

        /// The largest halves that are taken: 2^63 of them.
        #[test]
        fn sums_hold_up_to_the_bound(a in 0..MOST_HALVES, b in 0..MOST_HALVES, below in 0u64..1 << 40) {
            let modulus = Modulus::new(MOST_HALVES - below);
            let (a, b) = (a % modulus.modulus, b % modulus.modulus);
            let wide = |value: u128| (value % u128::from(modulus.modulus)) as u64;
            prop_assert_eq!(modulus.add(a, b), wide(u128::from(a) + u128::from(b)));
            let difference = u128::from(a) + u128::from(modulus.modulus) - u128::from(b);
            prop_assert_eq!(modulus.subtract(a, b), wide(difference));
        }

        #[test]
        fn reduces_like_a_division(value: u128, small: u64, modulus in 2u64..) {
            let fast = Modulus::new(modulus);
            prop_assert_eq!(u128::from(fast.reduce_wide(value)), value % u128::from(modulus));
            prop_assert_eq!(fast.reduce(small), small % modulus);
            prop_assert_eq!(fast.reduce(u64::MAX), u64::MAX % modulus);
        }
    }
}
