//! What these tests share.

use std::num::NonZeroU32;
use std::time::Duration;

use tracking_core::store::url::RedisUrl;
use tracking_core::{
    AllocateError, Allocator, Block, Key, OpenError, Opening, RedisAllocator, SeriesOptions,
    StoreUrl,
};

use crate::support::server::RedisServer;

pub(crate) const HASH: &str = "{tracking}:series:default";

pub(crate) fn url(text: &str) -> RedisUrl {
    match text.parse() {
        Ok(StoreUrl::Redis(url)) => url,
        other => panic!("{text}: {other:?}"),
    }
}

pub(crate) fn options(opening: Opening) -> SeriesOptions {
    let mut options = SeriesOptions::default();
    options.opening = opening;
    options
}

/// Options with a key and a prefix, as TRACKING_KEY and --prefix give them.
pub(crate) fn given(key: u8, prefix: &str) -> SeriesOptions {
    let mut options = options(Opening::OrCreate);
    options.key = Some(Key::from_bytes([key; 16]));
    options.prefix = Some(prefix.parse().unwrap());
    options
}

pub(crate) fn named(name: &str, mut options: SeriesOptions) -> SeriesOptions {
    options.name = name.parse().unwrap();
    options
}

pub(crate) fn open(text: &str, options: &SeriesOptions) -> Result<RedisAllocator, OpenError> {
    RedisAllocator::open(&url(text), options)
}

/// A new series on a server, and the fence behind it.
pub(crate) fn create(text: &str) -> RedisAllocator {
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

/// The message of an error of one attempt, its kind before it, and the server's address cut out.
pub(crate) fn failure(allocator: &impl Allocator, server: &RedisServer) -> String {
    match attempt(allocator) {
        Ok(block) => panic!("granted {block:?}"),
        Err(error) => shown(error.kind(), &error.to_string(), server),
    }
}

/// The message of an error that opening gave.
pub(crate) fn refusal(result: Result<RedisAllocator, OpenError>, server: &RedisServer) -> String {
    match result.unwrap_err() {
        OpenError::Store(error) => shown(error.kind(), &error.to_string(), server),
        error => shown("open", &error.to_string(), server),
    }
}

fn shown(kind: &str, message: &str, server: &RedisServer) -> String {
    let socket = server.socket().display().to_string();
    let message = message
        .replace(&socket, "SOCKET")
        .replace(&format!("127.0.0.1:{}", server.port()), "HOST");
    format!("{kind}: {message}")
}
