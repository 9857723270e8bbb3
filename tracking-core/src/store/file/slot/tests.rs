use super::*;
use crate::number::key::Key;
use crate::store::timeline::{History, LANE_COUNT};

fn series(key: u8) -> Series {
    Series::new(
        "a".repeat(64).parse().unwrap(),
        "Q7".parse().unwrap(),
        Key::from_bytes([key; 16]),
        1_800_000_000_123,
    )
}

fn record(generation: u64) -> Record {
    let history = History::new(&"h".repeat(128)).unwrap();
    let slot = (generation % u64::from(crate::number::serial::SLOTS)) as u32;
    Record {
        generation,
        series: series(9),
        timeline: Timeline::from_parts(history, 3, slot, [(1 << 38) - 1; LANE_COUNT]).unwrap(),
        pid: u32::MAX,
    }
}

fn file(first: &[u8; SLOT_SIZE], second: &[u8; SLOT_SIZE]) -> [u8; FILE_SIZE] {
    let mut bytes = [0; FILE_SIZE];
    bytes[..SLOT_SIZE].copy_from_slice(first);
    bytes[SLOT_SIZE..].copy_from_slice(second);
    bytes
}

fn present(bytes: &[u8; FILE_SIZE]) -> (u64, usize, bool) {
    let present = Present::of(bytes).unwrap();
    (
        present.record.generation,
        present.next_slot,
        present.doubtful,
    )
}

/// Change a slot and give it the checksum that fits.
fn forged(slot: &[u8; SLOT_SIZE], from: &str, to: &str) -> [u8; SLOT_SIZE] {
    let text = std::str::from_utf8(slot).unwrap();
    let changed = text[JSON_START..].replacen(from, to, 1);
    let mut slot = [b' '; SLOT_SIZE];
    let changed = &changed.as_bytes()[..changed.len().min(SLOT_SIZE - JSON_START)];
    slot[JSON_START..][..changed.len()].copy_from_slice(changed);
    let crc = crc_of(&slot);
    slot[..CRC_DIGITS].copy_from_slice(&hex_digits(crc));
    slot
}

#[test]
fn the_longest_record_round_trips_as_one_line() {
    let slot = record((1 << 62) - 1).encode().unwrap();
    let text = std::str::from_utf8(&slot).unwrap();
    assert_eq!(text.lines().count(), 1);
    assert!(text.ends_with(" \n"), "the longest record fits");
    let expected =
        r#" {"version":2,"generation":4611686018427387903,"pid":4294967295,"series":{"name":"aaa"#;
    assert_eq!(&text[8..8 + expected.len()], expected);
    let crc = u32::from_str_radix(&text[..8], 16).unwrap();
    assert_eq!(crc, crc32fast::hash(&slot[8..]));

    let back = Record::decode(&slot).ok().unwrap();
    assert_eq!(back.timeline, record((1 << 62) - 1).timeline);
    assert_eq!(back.series.fingerprint(), series(9).fingerprint());
    assert_eq!((back.generation, back.pid), ((1 << 62) - 1, u32::MAX));
}

#[test]
fn the_higher_generation_counts_and_the_other_slot_is_next() {
    let [a, b] = [5, 6].map(|generation| record(generation).encode().unwrap());
    assert_eq!(present(&file(&a, &b)), (6, 0, false));
    assert_eq!(present(&file(&b, &a)), (6, 1, false));
    // No program of ours leaves that: whichever it is, another may have been granted from.
    assert_eq!(present(&file(&a, &a)), (5, 1, true));
}

#[test]
fn any_byte_that_is_flipped_spoils_its_slot_and_no_more() {
    let [a, b] = [5, 6].map(|generation| record(generation).encode().unwrap());
    let whole = file(&a, &b);
    for at in 0..FILE_SIZE {
        let mut bytes = whole;
        bytes[at] ^= 0x20;
        let expected = if at < SLOT_SIZE {
            (6, 0, true)
        } else {
            (5, 1, true)
        };
        assert_eq!(present(&bytes), expected, "byte {at}");
    }
}

/// A write of the newer record over the older one but two, cut short anywhere: what was there
/// before is whole, and it is known that something newer may have been.
#[test]
fn a_torn_write_leaves_the_older_state() {
    let [old, older, new] = [6, 5, 7].map(|generation| record(generation).encode().unwrap());
    for length in 0..=SLOT_SIZE {
        let mut torn = older;
        torn[..length].copy_from_slice(&new[..length]);
        let expected = match torn {
            torn if torn == older => (6, 1, false),
            torn if torn == new => (7, 0, false),
            _ => (6, 1, true),
        };
        assert_eq!(present(&file(&old, &torn)), expected, "{length} bytes");
        // The mutant that writes over the present slot would lose it.
        let mut torn = old;
        torn[..length].copy_from_slice(&new[..length]);
        if torn != old && torn != new {
            assert_eq!(present(&file(&torn, &older)).0, 5, "{length} bytes");
        }
    }
}

#[test]
fn refuses_what_it_cannot_read() {
    let [a, b] = [5, 6].map(|generation| record(generation).encode().unwrap());
    let refusal = |bytes| Present::of(&bytes).err().unwrap().to_string();
    let damaged = Problem::Damaged.to_string();
    assert_eq!(refusal([0; FILE_SIZE]), damaged);
    let mut both = file(&a, &b);
    both[100] ^= 1;
    both[5000] ^= 1;
    assert_eq!(refusal(both), damaged);
    let other = Record {
        series: series(8),
        ..record(6)
    };
    assert_eq!(refusal(file(&a, &other.encode().unwrap())), damaged);

    let ours = "no version of tracking writes that: put back a whole copy (nothing repeats), or move it away and restore the series from its key";
    for (from, to, message) in [
        (
            r#""version":2,"#,
            r#""version":4,"new":[],"#,
            "expected version 1 to 3 of the format, found 4; it was written by a newer version of tracking: use that one".to_owned(),
        ),
        (
            r#""version":2,"#,
            r#""version":0,"#,
            format!("expected version 1 to 3 of the format, found 0; {ours}"),
        ),
        (
            r#""generation":6,"#,
            r#""generation":4611686018427387904,"#,
            format!("expected a generation below 2^62, which no file of ours comes to, found 4611686018427387904; {ours}"),
        ),
        (
            r#""generation":6,"#,
            r#""generation":9223372036854775807,"#,
            format!("expected a generation below 2^62, which no file of ours comes to, found 9223372036854775807; {ours}"),
        ),
    ] {
        assert_eq!(refusal(file(&a, &forged(&b, from, to))), message, "{to}");
    }
    // The last generation that can be read is not followed by one that can't.
    let last = record(1 << 62).encode().unwrap_err().to_string();
    assert!(
        last.starts_with("expected a generation below 2^62"),
        "{last}"
    );
    for (from, to) in [
        (r#""lane":3"#, r#""lane":64"#),
        (r#""generation":6"#, r#""generation":-6"#),
        (r#""prefix":"Q7""#, r#""prefix":"q7""#),
        (r#""pid""#, r#""pit""#),
    ] {
        let bad = forged(&b, from, to);
        assert_eq!(present(&file(&a, &bad)), (5, 1, true), "{to}");
    }
    assert_eq!(present(&file(&a, &forged(&b, "", ""))), (6, 0, false));
}
