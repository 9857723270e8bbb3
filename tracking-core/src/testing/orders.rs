//! Orders for tests: one that is right, and every kind of wrong value that the contract names.

/// The seven fields of an order, all of them right.
pub const FULL_ORDER: [(&str, &str); 7] = [
    ("origin_country_id", "MY"),
    ("destination_country_id", "ID"),
    ("weight", "1.234"),
    ("created_at", "2024-01-01T12:00:00+08:00"),
    ("customer_id", "de619854-b59b-425e-9db4-943979e1bd49"),
    ("customer_name", "RedBox Logistics"),
    ("customer_slug", "redbox-logistics"),
];

/// Values that must be refused, each with its parameter.
pub fn wrong_values() -> impl Iterator<Item = (&'static str, String)> {
    let values = WRONG
        .into_iter()
        .flat_map(|(name, values)| values.iter().map(move |value| (name, (*value).to_owned())));
    let too_long = [("customer_name", "x"), ("customer_slug", "s")];
    values.chain(too_long.map(|(name, letter)| (name, letter.repeat(256))))
}

const WRONG: [(&str, &[&str]); 7] = [
    ("origin_country_id", &["USA", "U", "ZZ", "XX", "1A", "U S"]),
    ("destination_country_id", &["QQ", "EN", "UK1"]),
    (
        "weight",
        &[
            "0",
            "0.000",
            "-1",
            "+1",
            "nan",
            "inf",
            "1e3",
            "1.2345",
            "1.",
            ".5",
            "1,5",
            "abc",
            "1000000",
            "0x10",
            "1 ",
            "99999999999999999999",
        ],
    ),
    (
        "created_at",
        &[
            "2024-01-01",
            "yesterday",
            "2024-13-01T00:00:00Z",
            "2024-02-30T00:00:00Z",
            "2024-01-01T25:00:00Z",
            "1704067200",
            "2024-01-01T00:00:00",
            "2024-01-01 00:00:00Z",
            "2024-01-01T00:00:00\u{2212}05:00",
        ],
    ),
    (
        "customer_id",
        &[
            "123",
            "de619854-b59b-425e-9db4-943979e1bd4",
            "zz619854-b59b-425e-9db4-943979e1bd49",
            "{de619854-b59b-425e-9db4-943979e1bd49}",
        ],
    ),
    ("customer_name", &["a\0b", "a\nb"]),
    (
        "customer_slug",
        &["RedBox", "red_box", "-red", "red-", "red--box", "rédbox"],
    ),
];
