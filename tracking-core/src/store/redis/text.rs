//! What a server says, as text: read, taken for a host, or shown.

use redis::Value;

use crate::number::key::Key;
use crate::store::url::RedisHost;

/// A text that a server answered.
pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::BulkString(bytes) => str::from_utf8(bytes).ok(),
        Value::SimpleString(text) => Some(text),
        _ => None,
    }
}

/// A host of what a server tells: an address or name and a port.
pub(super) fn host_of(name: Option<&str>, port: Option<u16>) -> Option<RedisHost> {
    let port = port.filter(|&port| port > 0)?;
    let name = name.filter(|name| (1..=253).contains(&name.len()))?;
    Some(RedisHost::new(name, port))
}

/// A text of a server for a message: cut to a sane length, without control characters or a key.
pub(super) fn quoted(text: &str) -> String {
    let text: String = text
        .chars()
        .take(200)
        .map(|c| if crate::shown::steers(c) { ' ' } else { c })
        .collect();
    let secret = |word: &str| word.trim_matches(['\'', '"']).parse::<Key>().is_ok();
    let words = text.split(' ').map(|word| match secret(word) {
        true => "(hidden)",
        false => word,
    });
    words.collect::<Vec<_>>().join(" ")
}
