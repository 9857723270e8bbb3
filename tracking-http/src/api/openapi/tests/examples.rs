//! The document's examples are what the server makes: of one series, for the parameters that stand beside them.

use tracking_core::issued::{Issued, Timestamp, Zone};
use tracking_core::order::{Order, Parameter, Required};
use tracking_core::{Key, Prefix, Serial, Series, SeriesName, TrackingNumber, Verdict};

use super::*;

/// 2026-01-01T00:00:00Z.
const RESERVED_AT_MS: i64 = 1_767_225_600_000;

/// Numbers are issued a little later than they are reserved.
const ISSUED_AT_MS: i64 = RESERVED_AT_MS + 123;

const LANE: u8 = 7;

fn series() -> Series {
    let prefix: Prefix = "B8W".parse().unwrap();
    let key = Key::from_bytes(*b"a key of no use!");
    Series::new(SeriesName::default(), prefix, key, Serial::EPOCH_MS)
}

/// The numbers of a reservation, from the first on.
fn number(slot: u32) -> TrackingNumber {
    let tick = (RESERVED_AT_MS - Serial::EPOCH_MS).unsigned_abs() / Serial::TICK_MS;
    series().encode(Serial::from_parts(LANE, tick, slot).unwrap())
}

/// The order that an operation's parameters have as their examples.
fn order(document: &Value, path: &str) -> Order {
    let parameters = &document["paths"][path]["get"]["parameters"];
    let fields = &parameters.as_array().unwrap()[..Parameter::ALL.len()];
    let pairs = fields.iter().map(|parameter| {
        let text = |member: &str| parameter[member].as_str().unwrap();
        (text("name"), text("example"))
    });
    Order::from_pairs(pairs, Required::ALL).unwrap()
}

type Write = fn(&Issued<'_>, &mut Vec<u8>);

fn written(order: &Order, write: Write) -> Value {
    let number = number(0);
    let issued = Issued {
        number,
        at_ms: ISSUED_AT_MS,
        order,
        zone: Zone::UTC,
    };
    let mut out = Vec::new();
    write(&issued, &mut out);
    serde_json::from_slice(&out).unwrap()
}

/// The example of a schema.
fn example<'a>(document: &'a Value, schema: &str) -> &'a Value {
    &document["components"]["schemas"][schema]["examples"][0]
}

#[test]
fn answers_are_made_as_the_server_makes_them() {
    let document = json();
    let content = |path: &str| &document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"];
    let cases: [(&str, &str, Write); 2] = [
        ("/next-tracking-number", "Issued", |issued, out| {
            issued.write_json(out);
        }),
        (
            "/api/next-tracking-number/",
            "IssuedShort",
            |issued, out| {
                issued.write_short_json(out);
            },
        ),
    ];
    for (path, schema, write) in cases {
        let issued = written(&order(&document, path), write);
        assert_eq!(example(&document, schema), &issued);
        assert_eq!(content(path)["example"], issued);
    }
    let short = example(&document, "IssuedShort");
    let many = json!({
        "tracking_numbers": [number(0).as_str(), number(1).as_str()],
        "created_at": short["created_at"],
    });
    assert_eq!(example(&document, "IssuedMany"), &many);
    let series = series();
    let reserved_at = Timestamp::new(RESERVED_AT_MS.unsigned_abs(), Zone::UTC.offset_at(0));
    let verdict = json!({
        "tracking_number": number(0).as_str(),
        "verdict": "belongs",
        "series": series.name().as_str(),
        "prefix": series.prefix().as_str(),
        "reserved_at": reserved_at.to_string(),
    });
    assert_eq!(example(&document, "Verdict"), &verdict);
    let parameters = &document["paths"]["/tracking-numbers/{number}"]["get"]["parameters"];
    assert_eq!(parameters[0]["example"], number(0).as_str());
}

#[test]
fn a_body_is_the_whole_order() {
    let document = json();
    let whole = &document["paths"]["/api/next-tracking-number/"]["get"]["parameters"];
    let whole = &whole.as_array().unwrap()[..Parameter::ALL.len()];
    let fields = whole.iter().map(|parameter| {
        let name = parameter["name"].as_str().unwrap();
        (name.to_owned(), parameter["example"].clone())
    });
    let many = json!({"count": 2, "order": fields.collect::<Map<_, _>>()});
    assert_eq!(example(&document, "OrderOfMany"), &many);
    let content = &document["paths"]["/tracking-numbers"]["post"]["requestBody"]["content"];
    assert_eq!(content["application/json"]["example"], many);
}

#[test]
fn they_are_of_the_series_and_whole() {
    let document = json();
    let numbers = example(&document, "IssuedMany");
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
        example(&document, "Verdict")["reserved_at"],
        Value::from("2026-01-01T00:00:00.000Z")
    );
    let issued = example(&document, "Issued");
    assert_eq!(issued["created_at"], "2026-01-01T08:00:00.123+08:00");
    assert_eq!(issued["weight"].to_string(), "1.234");
    assert!(
        issued
            .as_object()
            .unwrap()
            .values()
            .all(|value| !value.is_null())
    );
    let short = example(&document, "IssuedShort");
    assert_eq!(short["created_at"], issued["created_at"]);
}
