//! Examples of answers, made as the server makes them: of one series, for the parameters that stand beside them.

use serde_json::{Value, json};
use tracking_core::issued::{Issued, Timestamp, Zone};
use tracking_core::order::{Order, OrderBuilder, Parameter, Required};
use tracking_core::{EPOCH_MS, Key, Prefix, Serial, Series, SeriesName, TICK_MS, TrackingNumber};

use super::parameters;

/// 2026-01-01T00:00:00Z.
const RESERVED_AT_MS: i64 = 1_767_225_600_000;

/// Numbers are issued a little later than they are reserved.
const ISSUED_AT_MS: i64 = RESERVED_AT_MS + 123;

const LANE: u8 = 7;

fn series() -> Series {
    let prefix: Prefix = "B8W".parse().unwrap_or_default();
    let key = Key::from_bytes(*b"a key of no use!");
    Series::new(SeriesName::default(), prefix, key, EPOCH_MS)
}

/// The numbers of a reservation, from the first on.
pub(crate) fn number(slot: u32) -> TrackingNumber {
    let tick = (RESERVED_AT_MS - EPOCH_MS).unsigned_abs() / TICK_MS;
    let serial = Serial::from_parts(LANE, tick, slot);
    serial.map_or(TrackingNumber::BLANK, |serial| series().encode(serial))
}

fn order(example: fn(Parameter) -> &'static str) -> Order {
    let mut order = OrderBuilder::new(Required::NONE);
    for parameter in Parameter::ALL {
        order.set(parameter.name(), example(parameter));
    }
    order.build().unwrap_or_default()
}

fn written(order: &Order, write: fn(&Issued<'_>, &mut Vec<u8>)) -> Value {
    let number = number(0);
    let issued = Issued {
        number,
        at_ms: ISSUED_AT_MS,
        order,
        zone: Zone::UTC,
    };
    let mut out = Vec::new();
    write(&issued, &mut out);
    serde_json::from_slice(&out).unwrap_or_default()
}

pub(crate) fn issued() -> Value {
    written(&order(parameters::example), |issued, out| {
        issued.write_json(out)
    })
}

pub(crate) fn issued_short() -> Value {
    written(&order(parameters::full_example), |issued, out| {
        issued.write_short_json(out)
    })
}

/// A body that asks for two numbers.
pub(crate) fn many() -> Value {
    let mut order = serde_json::Map::new();
    for parameter in Parameter::ALL {
        let example = parameters::full_example(parameter);
        order.insert(parameter.name().to_owned(), example.into());
    }
    json!({"count": 2, "order": order})
}

/// The answer to it.
pub(crate) fn issued_many() -> Value {
    json!({
        "tracking_numbers": [number(0).as_str(), number(1).as_str()],
        "created_at": issued_short()["created_at"],
    })
}

pub(crate) fn verdict() -> Value {
    let series = series();
    json!({
        "tracking_number": number(0).as_str(),
        "verdict": "belongs",
        "series": series.name().as_str(),
        "prefix": series.prefix().as_str(),
        "reserved_at":
            Timestamp::new(RESERVED_AT_MS.unsigned_abs(), Zone::UTC.offset_at(0)).to_string(),
    })
}

#[cfg(test)]
mod tests {
    use tracking_core::Verdict;

    use super::*;

    /// A parser's error would leave an example empty.
    #[test]
    fn they_are_of_the_series_and_whole() {
        let numbers = issued_many();
        for (slot, number) in numbers["tracking_numbers"]
            .as_array()
            .unwrap()
            .iter()
            .enumerate()
        {
            let number: TrackingNumber = number.as_str().unwrap().parse().unwrap();
            match series().judge(&number, RESERVED_AT_MS, None) {
                Verdict::Belongs(serial) => {
                    assert_eq!((serial.lane(), serial.slot() as usize), (LANE, slot));
                    assert_eq!(serial.reserved_at_ms(), RESERVED_AT_MS);
                }
                verdict => panic!("{number}: {verdict:?}"),
            }
        }
        assert_eq!(
            verdict()["reserved_at"],
            Value::from("2026-01-01T00:00:00.000Z")
        );
        let issued = issued();
        assert_eq!(issued["created_at"], "2026-01-01T08:00:00.123+08:00");
        assert_eq!(issued["weight"].to_string(), "1.234");
        assert!(
            issued
                .as_object()
                .unwrap()
                .values()
                .all(|value| !value.is_null())
        );
        assert_eq!(issued_short()["created_at"], issued["created_at"]);
    }
}
