//! The list of numbers: what it finds, its pages, and how soon it is there.

use std::time::{Duration, Instant};

use serde_json::json;
use tracking_http::Gate;

use super::{server, take};
use crate::support::{Client, Ledgered, query};

#[test]
fn the_list_is_searched_as_the_api_does() {
    let ledger = Ledgered::new();
    let server = server(Some(&ledger), Gate::default());
    let mut client = Client::connect(server.address);
    let id = "de619854-b59b-425e-9db4-943979e1bd49";
    let mine = take(
        &mut client,
        &[],
        &[("origin_country_id", "MY"), ("customer_id", id)],
    );
    let other = take(
        &mut client,
        &[],
        &[("destination_country_id", "ID"), ("reference", "PO 1")],
    );
    for (parameters, found) in [
        (&[][..], &[&other, &mine][..]),
        (&[("customer_id", id)], &[&mine]),
        (&[("origin_country_id", "my")], &[&mine]),
        (&[("destination_country_id", "ID")], &[&other]),
        (&[("reference", "PO 1")], &[&other]),
        (&[("reference", "PO 2")], &[]),
        (&[("token", "shop")], &[]),
        (&[("from", "2100-01-01T00:00:00Z")], &[]),
        (
            &[("to", "2100-01-01T00:00:00Z"), ("token", "")],
            &[&other, &mine],
        ),
        (&[("limit", "1")], &[&other]),
    ] {
        let page = client.ask("GET", &query("/console", parameters)).body;
        let csv = client
            .ask("GET", &query("/console/numbers.csv", parameters))
            .body;
        let shown: Vec<&str> = page.split("href=\"/console/numbers/").skip(1).collect();
        let shown: Vec<&str> = shown
            .iter()
            .map(|rest| rest.split('"').next().unwrap())
            .collect();
        let listed: Vec<&str> = csv
            .lines()
            .skip(1)
            .map(|line| line.split(',').next().unwrap())
            .collect();
        assert_eq!(shown, found, "{parameters:?}");
        assert_eq!(listed, found, "{parameters:?}");
    }
    let to = client.ask(
        "GET",
        &query("/console", &[("number", &mine.to_lowercase())]),
    );
    assert_eq!(
        (to.status, to.header("location")),
        (303, Some(&*format!("/console/numbers/{mine}")))
    );
    let csv = client.ask("GET", "/console/numbers.csv");
    assert_eq!(
        csv.header("content-disposition"),
        Some("attachment; filename=\"tracking-numbers.csv\"")
    );
    assert!(
        csv.body.starts_with("tracking_number,created_at,"),
        "{csv:?}"
    );
    for path in [
        "/console?cursor=x",
        "/console?trail=x",
        "/console?colour=red",
        "/console/numbers.csv?limit=many",
    ] {
        let answer = client.ask("GET", path);
        assert_eq!(answer.status, 400, "{path}");
        assert_eq!(
            answer.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{path}"
        );
    }
}

/// The server's own time, as near as a client on the same host sees it; the best of some, for others may be busy.
#[test]
fn a_page_of_a_thousand_rows_is_soon_there() {
    let ledger = Ledgered::new();
    let server = server(Some(&ledger), Gate::default());
    let mut client = Client::connect(server.address);
    let body = json!({"count": 1000, "order": {"weight": 1.2, "customer_name": "Red Box", "origin_country_id": "MY"}});
    assert_eq!(
        client
            .order_many("application/json", &body.to_string())
            .status,
        200
    );
    let time = |_| {
        let began = Instant::now();
        let page = client.ask("GET", "/console?limit=1000");
        assert_eq!(page.body.matches("<tr").count(), 1_001);
        began.elapsed()
    };
    let best = (0..10).map(time).min().unwrap();
    assert!(best < Duration::from_millis(100), "{best:?}");
}
