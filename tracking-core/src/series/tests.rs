use super::*;
use crate::number::serial::TICK_MS;
use crate::store::timeline::{History, LANE_COUNT};

fn series(prefix: &str, key: u8) -> Series {
    Series::new(
        SeriesName::default(),
        prefix.parse().unwrap(),
        Key::from_bytes([key; 16]),
        EPOCH_MS,
    )
}

#[test]
fn fingerprints_tell_format_and_key_apart() {
    let print = |prefix, key| series(prefix, key).fingerprint().to_string();
    assert_eq!(print("AB", 1), print("AB", 1));
    assert_eq!(print("AB", 1).len(), 16);
    assert_ne!(print("AB", 1), print("A", 1));
    assert_ne!(print("AB", 1), print("AB", 2));
}

#[test]
fn what_only_the_store_can_tell_is_left_open_while_it_cannot_be_asked() {
    let ms = |tick: u64| EPOCH_MS + (tick * TICK_MS) as i64;
    let key = Key::from_bytes([1; 16]);
    let series = Series::new(SeriesName::default(), Prefix::EMPTY, key, ms(1_000));
    let number = |lane, tick| series.encode(Serial::from_parts(lane, tick, 0).unwrap());
    let now_ms = ms(10_000);
    // The store's clock runs an hour ahead of ours, and lane 5 was used.
    let timeline = Timeline::from_parts(History::random(), 5, 1, [1_000; LANE_COUNT]);
    let seen = Snapshot::new(timeline, ms(370_000));
    let second = Duration::from_secs(1);
    let other = Some(Verdict::Refused(Reason::NotOfThisSeries));
    for (number, without, with) in [
        (number(5, 10_500), true, true),
        (number(5, 10_501), false, true),
        // As of the snapshot it was in the future; a second later it is no more.
        (number(5, 370_600), false, true),
        (number(5, 370_601), false, false),
        (number(6, 1_000), true, true),
        // A lane that may have been used since.
        (number(6, 1_001), true, false),
    ] {
        let judged = |seen| series.judge_unasked(&number, now_ms, seen);
        let belongs = |verdict| matches!(verdict, Some(Verdict::Belongs(_)));
        let (alone, by_state) = (judged(None), judged(Some((&seen, second))));
        assert_eq!((belongs(alone), belongs(by_state)), (without, with));
        assert_eq!((alone.is_none(), by_state.is_none()), (!without, !with));
    }
    let old = number(5, 999);
    assert_eq!(series.judge_unasked(&old, now_ms, None), other);
    assert_eq!(
        series.judge_unasked(&old, now_ms, Some((&seen, second))),
        other
    );
    let short = "ABC".parse().unwrap();
    let length = Some(Verdict::Refused(Reason::Length));
    assert_eq!(series.judge_unasked(&short, now_ms, None), length);
}

#[test]
fn debug_hides_the_key() {
    let text = format!("{:?}", series("AB", 0xAB));
    assert!(
        text.contains("redacted") && !text.contains("171") && !text.contains("abab"),
        "{text}"
    );
}

#[test]
fn names() {
    assert!("a-0".parse::<SeriesName>().is_ok());
    assert!("x".repeat(64).parse::<SeriesName>().is_ok());
    for text in ["", "A", "a b", "a/b", "..", "é", &"x".repeat(65)] {
        let error = text.parse::<SeriesName>().unwrap_err().to_string();
        assert!(
            error.ends_with(&format!("found {}", Shown(text))),
            "{error}"
        );
    }
}

#[test]
fn splits_a_number() {
    let series = series("AB", 1);
    let number = series.encode(Serial::new(5).unwrap());
    let (prefix, body, check) = series.split(&number).unwrap();
    assert_eq!((prefix, body.len(), check.len()), ("AB", 12, 1));
    assert_eq!(format!("{prefix}{body}{check}"), number.as_str());
    for other in ["AB1", "XY0123456789ABC", "AB0123456789ABCD"] {
        assert_eq!(series.split(&other.parse().unwrap()), None);
    }
}
