//! What these tests share.

use std::num::NonZeroU32;
use std::time::Duration;

use tracking_core::store::url::MySqlUrl;
use tracking_core::{
    AllocateError, Allocator, Block, Key, MySqlAllocator, OpenError, Opening, SeriesOptions,
};

pub(crate) fn url(text: &str) -> MySqlUrl {
    match text.parse() {
        Ok(url) => url,
        Err(error) => panic!("{text}: {error}"),
    }
}

pub(crate) fn options(opening: Opening) -> SeriesOptions {
    SeriesOptions::default().opening(opening)
}

/// Options with a key and a prefix, as TRACKING_KEY and --prefix give them.
pub(crate) fn given(key: u8, prefix: &str) -> SeriesOptions {
    SeriesOptions::default()
        .with_key(Key::from_bytes([key; 16]))
        .with_prefix(prefix.parse().unwrap())
}

pub(crate) fn named(name: &str, mut options: SeriesOptions) -> SeriesOptions {
    options.name = name.parse().unwrap();
    options
}

pub(crate) fn open(text: &str, options: &SeriesOptions) -> Result<MySqlAllocator, OpenError> {
    MySqlAllocator::open(&url(text), options)
}

/// A new series in a database, and the fence behind it.
pub(crate) fn create(text: &str) -> MySqlAllocator {
    let allocator = open(text, &options(Opening::New)).unwrap();
    reserve(&allocator, 1).unwrap();
    allocator
}

/// Reserve, and wait out ticks and fences.
pub(crate) fn reserve(allocator: &impl Allocator, wanted: u32) -> Result<Block, AllocateError> {
    let wanted = NonZeroU32::new(wanted).unwrap();
    tracking_core::store::reserve_patiently(allocator, wanted, Duration::from_secs(5))
}

/// One attempt.
pub(crate) fn attempt(allocator: &impl Allocator) -> Result<Block, AllocateError> {
    allocator.reserve(NonZeroU32::MIN)
}

/// That an attempt begins a fence.
pub(crate) fn fenced(allocator: &impl Allocator) {
    match attempt(allocator) {
        Err(AllocateError::NotYet { after }) => assert_eq!(after.as_millis(), 1_000),
        answer => panic!("{answer:?}"),
    }
}

/// The message of an error of one attempt, its kind before it, and the server's address cut out.
pub(crate) fn failure(allocator: &impl Allocator, port: u16) -> String {
    match attempt(allocator) {
        Ok(block) => panic!("granted {block:?}"),
        Err(error) => shown(error.kind(), &error.to_string(), port),
    }
}

/// The message of an error that opening gave.
pub(crate) fn refusal(result: Result<MySqlAllocator, OpenError>, port: u16) -> String {
    match result.unwrap_err() {
        OpenError::Store(error) => shown(error.kind(), &error.to_string(), port),
        error => shown("open", &error.to_string(), port),
    }
}

fn shown(kind: &str, message: &str, port: u16) -> String {
    let mut message = message.replace(&format!("127.0.0.1:{port}"), "HOST");
    // The random name of a database, in which alone that x stands before digits.
    while let Some(at) = message.find("dbx") {
        message.replace_range(at..at + "dbx01234567".len(), "DB");
    }
    format!("{kind}: {message}")
}

/// That no serial is part of two blocks.
pub(crate) fn assert_no_repeat(blocks: &[Block]) {
    let mut ranges: Vec<_> = blocks
        .iter()
        .map(|block| (block.start(), block.last()))
        .collect();
    ranges.sort_unstable();
    for pair in ranges.windows(2) {
        assert!(pair[0].1 < pair[1].0, "granted twice: {pair:?}");
    }
}
