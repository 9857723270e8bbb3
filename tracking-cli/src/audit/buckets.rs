//! Numbers and where they stood, in buckets by a hash of the number.

use std::path::PathBuf;

use super::packed::Packed;
use super::spill::Spill;
use crate::failure::Failure;

/// Enough that a thousand million numbers are two million a bucket.
const BUCKETS: usize = 512;
/// Bytes of a block: what is written to the disk at once.
const BLOCK: usize = 32 * 1024;
/// A byte of a varint holds so many bits.
const VARINT_BITS: u32 = 7;
const VARINT_MAX: usize = u64::BITS.div_ceil(VARINT_BITS) as usize;
const RECORD_MAX: usize = VARINT_MAX + Packed::WIDE;

const _: () = assert!(BUCKETS.is_power_of_two());

#[derive(Debug)]
pub(super) struct Buckets {
    buckets: Box<[Bucket]>,
    spill: Spill,
    block: usize,
}

#[derive(Debug, Default, Clone)]
struct Bucket {
    /// What is not on the disk yet.
    open: Vec<u8>,
    /// Numbers and lengths of the blocks on the disk.
    written: Vec<(u32, u32)>,
    /// The place of the last number.
    last: u64,
}

impl Buckets {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self::with_sizes(folder, BUCKETS, BLOCK)
    }

    pub(super) fn with_sizes(folder: PathBuf, buckets: usize, block: usize) -> Self {
        Self {
            buckets: vec![Bucket::default(); buckets].into(),
            spill: Spill::new(folder, block),
            block,
        }
    }

    /// Put in a number that stood at a place, which is not before that of the number before.
    pub(super) fn add(&mut self, number: Packed, at: u64) -> Result<(), Failure> {
        let index = number.hash() as usize & (self.buckets.len() - 1);
        let bucket = &mut self.buckets[index];
        if bucket.open.len() + RECORD_MAX > self.block {
            let block = self.spill.write(&bucket.open)?;
            bucket.written.push((block, bucket.open.len() as u32));
            bucket.open.clear();
        }
        let is_wide = number.is_wide();
        // Few lines lie between two of a bucket: that takes two bytes, of which one bit is the width.
        let mut rest = (at - bucket.last) << 1 | u64::from(is_wide);
        bucket.last = at;
        while rest >> VARINT_BITS > 0 {
            bucket.open.push(rest as u8 | 1 << VARINT_BITS);
            rest >>= VARINT_BITS;
        }
        bucket.open.push(rest as u8);
        let length = width(is_wide);
        bucket.open.extend_from_slice(&number.to_bytes()[..length]);
        Ok(())
    }

    pub(super) fn count(&self) -> usize {
        self.buckets.len()
    }

    /// Show each number of a bucket and its place, in the order in which they were put in.
    pub(super) fn each(
        &self,
        index: usize,
        mut show: impl FnMut(Packed, u64),
    ) -> Result<(), Failure> {
        let bucket = &self.buckets[index];
        let mut at = 0;
        let mut block = vec![0; self.block];
        for &(number, length) in &bucket.written {
            let bytes = &mut block[..length as usize];
            self.spill.read(number, bytes)?;
            records(bytes, &mut at, &mut show);
        }
        records(&bucket.open, &mut at, &mut show);
        Ok(())
    }
}

fn width(is_wide: bool) -> usize {
    match is_wide {
        true => Packed::WIDE,
        false => Packed::NARROW,
    }
}

fn records(mut bytes: &[u8], at: &mut u64, show: &mut impl FnMut(Packed, u64)) {
    while !bytes.is_empty() {
        let (mut value, mut shift) = (0, 0);
        while let Some((&byte, rest)) = bytes.split_first() {
            bytes = rest;
            value |= u64::from(byte & !(1 << VARINT_BITS)) << shift;
            shift += VARINT_BITS;
            if byte >> VARINT_BITS == 0 {
                break;
            }
        }
        let is_wide = value & 1 == 1;
        *at += value >> 1;
        let (number, rest) = bytes.split_at(width(is_wide).min(bytes.len()));
        bytes = rest;
        show(Packed::from_bytes(number, is_wide), *at);
    }
}
