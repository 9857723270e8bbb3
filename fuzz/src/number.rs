//! Numbers, and the verdict on them.

use std::sync::LazyLock;

use tracking_core::{Serial, Series, TrackingNumber, Verdict};

static SERIES: LazyLock<Series> = LazyLock::new(|| {
    let key = "000102030405060708090a0b0c0d0e0f".parse().unwrap();
    let prefix = "AB".parse().unwrap();
    Series::new("fuzz".parse().unwrap(), prefix, key, Serial::EPOCH_MS)
});

/// What parses is its own text, and shaped; what belongs is the number of its serial, and no other; of eight
/// bytes that are a serial the number belongs, and no longer with one character changed.
pub fn run(data: &[u8]) {
    if let Ok(text) = str::from_utf8(data) {
        let shaped = (1..=16).contains(&text.len())
            && text
                .bytes()
                .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase());
        let parsed = text.parse::<TrackingNumber>();
        assert_eq!(parsed.is_ok(), shaped, "{text:?}");
        if let Ok(number) = parsed {
            assert_eq!(number.as_str(), text);
            judge(&number);
        }
    }
    if let Some((bytes, rest)) = data.split_first_chunk()
        && let Some(serial) = Serial::new(u64::from_le_bytes(*bytes) >> 2)
    {
        let number = SERIES.encode(serial);
        assert_eq!(
            SERIES.judge(&number, i64::MAX, None),
            Verdict::Belongs(serial)
        );
        if let [at, to, ..] = rest {
            let mut other = number.as_str().as_bytes().to_vec();
            let at = usize::from(*at) % other.len();
            let to = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[usize::from(*to) % 36];
            if std::mem::replace(&mut other[at], to) != to {
                let other = str::from_utf8(&other).unwrap().parse().unwrap();
                let verdict = SERIES.judge(&other, i64::MAX, None);
                assert!(matches!(verdict, Verdict::Refused(_)), "{number} {other}");
            }
        }
    }
}

fn judge(number: &TrackingNumber) {
    if let Verdict::Belongs(serial) = SERIES.judge(number, i64::MAX, None) {
        assert_eq!(SERIES.encode(serial), *number);
        // In the past of the series' beginning nothing belongs but its first moments.
        let early = SERIES.judge(number, Serial::EPOCH_MS, None);
        let is_early = serial.reserved_at_ms() <= Serial::EPOCH_MS + 5_000;
        assert_eq!(early == Verdict::Belongs(serial), is_early);
    }
}
