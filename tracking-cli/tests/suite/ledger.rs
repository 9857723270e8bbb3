//! `tracking ledger show` and `list`, and what all of its commands need.

use tracking_core::order::Order;

use crate::ledgers::{
    BARE, CUSTOMER, FULL, NEW_YEAR_MS, OLD, ledger, open, operator, record, recording, url,
    with_many,
};
use crate::support::Operator;

#[test]
fn show() {
    let operator = operator();
    for (number, json) in [("FULL1", FULL), ("BARE1", BARE), ("OLD1", OLD)] {
        let ran = ledger(&operator, ["show", number, "--format", "json"]);
        ran.assert(0, &format!("{json}\n"), "");
    }
    ledger(&operator, ["show", "FULL1"]).assert(
        0,
        "\
tracking_number         FULL1
created_at              2026-01-01T08:00:00.001+08:00
origin_country_id       MY
destination_country_id  ID
weight                  1.200
customer_id             de619854-b59b-425e-9db4-943979e1bd49
customer_name           =Red, \"Box\"
customer_slug           redbox-logistics
order_created_at        2025-12-31T23:00:00.500+08:00
reference               +PO 4711
token                   shop-a
request_id              @id
origin                  issued
",
        "",
    );
    let zone = ["show", "OLD1", "--timezone", "Asia/Kuala_Lumpur"];
    let ran = ledger(&operator, zone);
    assert!(
        ran.stdout.contains("2025-12-31T08:00:00.000+08:00"),
        "{ran:?}"
    );
    let note = format!("note: the ledger {} does not have NONE\n", url(&operator));
    ledger(&operator, ["show", "NONE"]).assert(1, "", &note);
    ledger(&operator, ["show", "NONE", "--format", "json"]).assert(1, "null\n", &note);
}

#[test]
fn list() {
    let operator = operator();
    let json =
        format!("{{\"tracking_numbers\":[\n{FULL},\n{BARE},\n{OLD}\n],\"next_cursor\":null}}\n");
    ledger(&operator, ["list", "--format", "json"]).assert(0, &json, "");
    ledger(&operator, ["list"]).assert(
        0,
        "\
NUMBER  CREATED AT                     FROM  TO  KG     CUSTOMER          REFERENCE  TOKEN
FULL1   2026-01-01T08:00:00.001+08:00  MY    ID  1.200  redbox-logistics  +PO 4711   shop-a
BARE1   2026-01-01T00:00:00.000Z       -     -   -      -                 -          -
OLD1    2025-12-31T00:00:00.000Z       -     -   -      -                 -          -
",
        "",
    );
    // Page after page.
    let mut pages = String::new();
    let mut cursor: Option<String> = None;
    for _ in 0..3 {
        let mut args = vec!["list", "--limit", "1"];
        args.extend(cursor.iter().flat_map(|cursor| ["--cursor", cursor]));
        let ran = ledger(&operator, args);
        assert_eq!(ran.code, 0, "{ran:?}");
        pages += ran
            .stdout
            .lines()
            .nth(1)
            .unwrap()
            .split(' ')
            .next()
            .unwrap();
        let note = ran
            .stderr
            .strip_prefix("note: there may be more: --cursor ");
        cursor = note.map(|note| note.strip_suffix(" goes on\n").unwrap().to_owned());
        assert_eq!(cursor.is_some(), !ran.stderr.is_empty(), "{ran:?}");
        pages.push(' ');
    }
    assert_eq!((&*pages, cursor), ("FULL1 BARE1 OLD1 ", None));
    let ran = ledger(&operator, ["list", "--limit", "2", "--format", "json"]);
    let page: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let cursor = page["next_cursor"].as_str().unwrap();
    ledger(&operator, ["list", "--cursor", cursor, "--token", "a"]).assert(
        2,
        "",
        "error: the cursor belongs to a list with another filter: expected the same filter on every page\n",
    );
    let rest = format!("{{\"tracking_numbers\":[\n{OLD}\n],\"next_cursor\":null}}\n");
    ledger(&operator, ["list", "--cursor", cursor, "--format", "json"]).assert(0, &rest, "");
}

#[test]
fn each_filter_finds_its_own() {
    let operator = operator();
    for (option, value, found) in [
        ("--customer-id", CUSTOMER, "FULL1"),
        ("--reference", "+PO 4711", "FULL1"),
        ("--request-id", "@id", "FULL1"),
        ("--origin-country-id", "my", "FULL1"),
        ("--destination-country-id", "ID", "FULL1"),
        ("--token", "shop-a", "FULL1"),
        ("--from", "2026-01-01T08:00:00.001+08:00", "FULL1"),
        ("--to", "2026-01-01T00:00:00Z", "OLD1"),
        ("--to", "2026-01-01T00:00:00.001Z", "BARE1 OLD1"),
        ("--reference", "PO 4711", ""),
        ("--origin-country-id", "ID", ""),
    ] {
        for command in [
            &["list", "--format", "json"][..],
            &["export", "--format", "ndjson"],
        ] {
            let ran = ledger(&operator, [command, &[option, value]].concat());
            let numbers = ran.stdout.split("\"tracking_number\":\"").skip(1);
            let numbers: Vec<_> = numbers
                .map(|rest| rest.split('"').next().unwrap())
                .collect();
            assert_eq!(
                (ran.code, &*numbers.join(" ")),
                (0, found),
                "{option} {value}"
            );
        }
    }
    ledger(&operator, ["list", "--token", "x"]).assert(
        0,
        "NUMBER  CREATED AT  FROM  TO  KG  CUSTOMER  REFERENCE  TOKEN\n",
        "",
    );
    let none = "{\"tracking_numbers\":[],\"next_cursor\":null}\n";
    ledger(&operator, ["list", "--token", "x", "--format", "json"]).assert(0, none, "");
}

/// Few are found among many that are looked at: pages come short, and the list goes on.
#[test]
fn a_list_ends_where_it_is_full_or_there_is_no_more() {
    let operator = with_many(21_000);
    let of_shop = |number, at_ms| {
        let recording = recording(number, at_ms, Order::default());
        recording.with_token(Some("shop-a".parse().unwrap()))
    };
    let last = NEW_YEAR_MS + 30_000;
    let recordings = [
        of_shop("SHOP1", last),
        of_shop("SHOP2", last - 1),
        of_shop("SHOP3", NEW_YEAR_MS - 1),
        of_shop("SHOP4", NEW_YEAR_MS - 2),
    ];
    record(&*open(&operator), &recordings);
    let list = |more: &[&str]| {
        let args = [&["list", "--token", "shop-a", "--limit", "3"], more].concat();
        let ran = ledger(&operator, args);
        let rows = ran.stdout.lines().skip(1).map(|row| &row[..5]);
        (rows.collect::<Vec<_>>().join(" "), ran.stderr)
    };
    let (numbers, note) = list(&[]);
    assert_eq!(numbers, "SHOP1 SHOP2 SHOP3");
    let cursor = note.split(' ').nth(6).unwrap();
    assert_eq!(list(&["--cursor", cursor]), ("SHOP4".into(), String::new()));
}

#[test]
fn every_command_needs_a_ledger_that_is_there() {
    let operator = Operator::new();
    let usage = "error: `tracking ledger` needs a ledger: name one with --ledger or TRACKING_LEDGER, such as sqlite:PATH or mysql://USER@HOST/DB\n";
    let missing = format!(
        "error: there is no ledger {}: `tracking next --ledger`, `tracking-http --ledger` and `tracking ledger import` make one\n",
        url(&operator)
    );
    for args in [
        &["show", "A"][..],
        &["list"],
        &["export"],
        &["erase", "--customer-id", CUSTOMER],
        &["prune", "--before", "2025-01-01T00:00:00Z"],
    ] {
        let with = |more: &[&'static str]| [&["ledger"], args, more].concat();
        operator.run(with(&[])).assert(2, "", usage);
        operator
            .run(with(&["--ledger", "none"]))
            .assert(2, "", usage);
        ledger(&operator, args.iter().copied()).assert(3, "", &missing);
        let password = operator.run(with(&["--ledger", "mysql://u:secret@h/d"]));
        assert_eq!((password.code, &*password.stdout), (2, ""));
        assert!(!password.stderr.contains("secret"), "{password:?}");
        let store = operator.run(with(&["--store", "memory:"]));
        assert_eq!(store.code, 2);
        let name = args[0];
        let message =
            format!("error: --store is of no use to `tracking ledger {name}`: leave it out\n");
        assert!(store.stderr.starts_with(&message), "{store:?}");
    }
    assert!(!operator.path("ledger.db").exists(), "none was made");
    std::fs::write(operator.path("ledger.db"), "nonsense".repeat(1_000)).unwrap();
    let ran = ledger(&operator, ["list"]);
    assert_eq!((ran.code, &*ran.stdout), (3, ""));
    assert!(
        ran.stderr.starts_with("error: the ledger sqlite:"),
        "{ran:?}"
    );
}

#[test]
fn a_file_that_others_may_read_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let operator = operator();
    let path = operator.path("ledger.db");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let ran = ledger(&operator, ["show", "BARE1", "--format", "json"]);
    let warning = format!(
        "warning: the ledger's file {} has mode 0640, by which others may read whose parcels they are: chmod 600 it\n",
        path.display()
    );
    ran.assert(0, &format!("{BARE}\n"), &warning);
}
