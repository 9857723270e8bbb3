//! The form that takes a number.

use tracking_http::Gate;

use super::{hidden, issued, post_form, server};
use crate::support::{Client, Ledgered, TokenFile};

const ISSUE: &str = "/console/issue";

#[test]
fn a_form_that_is_sent_again_takes_no_second_number() {
    let ledger = Ledgered::new();
    for ledger in [Some(&ledger), None] {
        let server = server(ledger, Gate::default());
        let mut client = Client::connect(server.address);
        let page = client.ask("GET", ISSUE);
        let form = format!(
            "key={}&weight=1.2&customer_name=A%26B&customer_slug=",
            hidden(&page, "key")
        );
        let first = post_form(&mut client, ISSUE, &[], &form);
        let again = post_form(&mut client, ISSUE, &[], &form);
        assert_eq!(issued(&again), issued(&first));
        assert!(again.body.contains("no other was issued"), "{again:?}");
        assert!(first.body.contains("<bdi>A&amp;B</bdi>"), "{first:?}");
        // Another order with its key is none.
        let other = post_form(&mut client, ISSUE, &[], &form.replace("1.2", "1.3"));
        assert_eq!(other.status, 422, "{other:?}");
        let next = client.ask("GET", ISSUE);
        let form = format!("key={}&weight=1.2", hidden(&next, "key"));
        let next = post_form(&mut client, ISSUE, &[], &form);
        assert_ne!(issued(&next), issued(&first));
        let metrics = client.ask("GET", "/metrics").body;
        assert!(
            metrics.contains("\ntracking_numbers_issued_total 2\n"),
            "{metrics}"
        );
    }
    assert_eq!(ledger.entries().len(), 2);
}

#[test]
fn every_wrong_field_is_told_beside_it_as_the_api_tells_it() {
    let ledger = Ledgered::new();
    let server = server(Some(&ledger), Gate::default());
    let mut client = Client::connect(server.address);
    let wrong = "origin_country_id=XX&weight=-1&created_at=today&customer_id=7&customer_slug=A+B&reference=%01";
    let answer = post_form(
        &mut client,
        ISSUE,
        &[],
        &format!("key=a&{wrong}&customer_name=Kept+%3C"),
    );
    assert_eq!(answer.status, 400, "{answer:?}");
    assert_eq!(
        answer.body.matches("aria-invalid=\"true\"").count(),
        6,
        "{answer:?}"
    );
    let api = client.ask("GET", &format!("/next-tracking-number?{wrong}"));
    let errors = api.problem()["errors"].as_array().unwrap().clone();
    assert_eq!(errors.len(), 6);
    for error in errors {
        let message = error["message"].as_str().unwrap();
        let shown = message
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
            .replace('"', "&quot;");
        assert!(answer.body.contains(&shown), "{shown}: {answer:?}");
    }
    assert!(answer.body.contains("value=\"Kept &lt;\""), "{answer:?}");
    // It is sent again with the same key.
    assert_eq!(hidden(&answer, "key"), "a");
    for form in [
        "key=a&colour=red",
        "key=a&weight=1&weight=2",
        "key=a&customer_name=%ff",
    ] {
        assert_eq!(
            post_form(&mut client, ISSUE, &[], form).status,
            400,
            "{form}"
        );
    }
    assert_eq!(ledger.entries().len(), 0);
}

#[test]
fn a_form_without_a_key_takes_nothing() {
    let ledger = Ledgered::new();
    for ledger in [Some(&ledger), None] {
        let server = server(ledger, Gate::default());
        let mut client = Client::connect(server.address);
        for form in ["weight=1.2", "key=&weight=1.2", "", "key=%00"] {
            let answer = post_form(&mut client, ISSUE, &[], form);
            assert_eq!(answer.status, 400, "{form}: {answer:?}");
        }
        let metrics = client.ask("GET", "/metrics").body;
        assert!(
            metrics.contains("\ntracking_numbers_issued_total 0\n"),
            "{metrics}"
        );
    }
    assert_eq!(ledger.entries().len(), 0);
}

#[test]
fn a_form_of_another_origin_takes_nothing() {
    let ledger = Ledgered::new();
    let server = server(Some(&ledger), Gate::default());
    let mut client = Client::connect(server.address);
    for (header, status) in [
        ("Sec-Fetch-Site: cross-site", 403),
        ("Sec-Fetch-Site: same-site", 403),
        ("Origin: http://evil.example", 403),
        ("Origin: http://test:81", 403),
        ("Origin: null", 403),
        ("Origin: http://test", 200),
        ("Sec-Fetch-Site: same-origin", 200),
    ] {
        let form = format!("key={status}-{}&weight=1", header.len());
        let answer = post_form(&mut client, ISSUE, &[header], &form);
        assert_eq!(answer.status, status, "{header}: {answer:?}");
        assert!(answer.body.contains("<h1>"), "{header}: {answer:?}");
    }
    assert_eq!(ledger.entries().len(), 2);
}

#[test]
fn a_ledger_that_is_away_is_told_and_costs_nothing() {
    let ledger = Ledgered::new();
    let server = server(Some(&ledger), Gate::default());
    let mut client = Client::connect(server.address);
    ledger.turn_off();
    let answer = post_form(&mut client, ISSUE, &[], "key=a");
    assert_eq!(answer.status, 503, "{answer:?}");
    assert!(
        answer.header("retry-after").is_some() && answer.body.contains("<h1>"),
        "{answer:?}"
    );
    ledger.turn_on();
    issued(&post_form(&mut client, ISSUE, &[], "key=a"));
}

/// The rate of the API is that of the form.
#[test]
fn a_form_costs_a_number_only_where_it_gets_one() {
    let file = TokenFile::new(&[("shop", "trk_shop", "issue", "rate = 1\nburst = 2")]);
    let server = server(None, Gate::with_tokens(file.path()).unwrap());
    let mut client = Client::connect(server.address);
    let bearer = "Authorization: Bearer trk_shop";
    for _ in 0..5 {
        let wrong = post_form(&mut client, ISSUE, &[bearer], "key=a&weight=x");
        assert_eq!(wrong.status, 400, "{wrong:?}");
    }
    for key in ["a", "b"] {
        issued(&post_form(
            &mut client,
            ISSUE,
            &[bearer],
            &format!("key={key}"),
        ));
    }
    let statuses: Vec<u16> = (0..5)
        .map(|key| post_form(&mut client, ISSUE, &[bearer], &format!("key=c{key}")).status)
        .collect();
    assert!(statuses.contains(&429), "{statuses:?}");
}
