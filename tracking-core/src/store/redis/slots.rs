//! What a node of a cluster tells of its slots.

use redis::Value;

use crate::store::url::RedisHost;

use super::text::{host_of, text};

/// How many nodes are remembered.
const NODES: usize = 64;

/// All keys of ours share this hash tag, and so this slot.
const SLOT: u16 = crc16(b"tracking") % 16_384;

/// CRC-16/XMODEM, as the Redis Cluster specification says.
const fn crc16(bytes: &[u8]) -> u16 {
    let mut crc = 0u16;
    let mut index = 0;
    while index < bytes.len() {
        crc ^= (bytes[index] as u16) << 8;
        let mut bit = 0;
        while bit < 8 {
            crc = match crc & 0x8000 {
                0 => crc << 1,
                _ => (crc << 1) ^ 0x1021,
            };
            bit += 1;
        }
        index += 1;
    }
    crc
}

/// What a node told about its cluster.
pub(super) struct Slots {
    /// The primary of our slot.
    pub(super) owner: Option<RedisHost>,
    /// All nodes, primaries first.
    pub(super) nodes: Vec<RedisHost>,
}

impl Slots {
    /// The slots of what `node` answers to `CLUSTER SLOTS`: first slot, last slot, the primary and
    /// then the replicas, each as address, port and more. A missing address is the node's own.
    pub(super) fn of(answer: &Value, node: &RedisHost) -> Self {
        let mut slots = Self {
            owner: None,
            nodes: Vec::new(),
        };
        let mut replicas = Vec::new();
        for range in items(answer) {
            let [Value::Int(first), Value::Int(last), hosts @ ..] = items(range) else {
                continue;
            };
            let mut hosts = hosts.iter().filter_map(|host| host_in(host, node));
            let Some(primary) = hosts.next() else {
                continue;
            };
            if (*first..=*last).contains(&i64::from(SLOT)) {
                slots.owner = Some(primary.clone());
            }
            slots.nodes.push(primary);
            replicas.extend(hosts);
        }
        slots.nodes.extend(replicas);
        slots.nodes.dedup();
        slots.nodes.truncate(NODES);
        slots
    }
}

fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        _ => &[],
    }
}

fn host_in(value: &Value, node: &RedisHost) -> Option<RedisHost> {
    let [name, Value::Int(port), ..] = items(value) else {
        return None;
    };
    let name = text(name).filter(|name| !name.is_empty() && *name != "?");
    host_of(Some(name.unwrap_or(node.name())), u16::try_from(*port).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_owner_of_our_slot() {
        // The check value of the CRC's catalogue, and what CLUSTER KEYSLOT answers.
        assert_eq!(crc16(b"123456789"), 0x31C3);
        assert_eq!(SLOT, 6);
        let bulk = |text: &str| Value::BulkString(text.into());
        let host = |name, port| Value::Array(vec![bulk(name), Value::Int(port), bulk("id")]);
        let range = |first, last, hosts: &[Value]| {
            let mut items = vec![Value::Int(first), Value::Int(last)];
            items.extend_from_slice(hosts);
            Value::Array(items)
        };
        let answer = Value::Array(vec![
            range(9_001, 16_383, &[host("a", 1), host("b", 2)]),
            range(0, 9_000, &[host("", 3), host("c", 4)]),
        ]);
        let slots = Slots::of(&answer, &RedisHost::new("self", 9));
        assert_eq!(slots.owner, Some(RedisHost::new("self", 3)));
        let names = slots.nodes.iter().map(ToString::to_string);
        assert_eq!(names.collect::<Vec<_>>(), ["a:1", "self:3", "b:2", "c:4"]);
        for garbled in [
            Value::Nil,
            Value::Array(vec![Value::Int(1)]),
            range(0, 16_383, &[]),
        ] {
            assert_eq!(Slots::of(&garbled, &RedisHost::new("self", 9)).owner, None);
        }
    }
}
