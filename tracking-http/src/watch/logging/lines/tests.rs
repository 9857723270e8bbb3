use std::sync::Mutex;

use serde_json::{Value, json};
use tracing::subscriber::with_default;
use tracing_subscriber::Registry;
use tracing_subscriber::layer::SubscriberExt;

use super::*;

/// 2026-03-01T09:05:07.089Z
const NOW_MS: u64 = 1_772_355_907_089;

struct Kept {
    style: Style,
    lines: Arc<Mutex<Vec<u8>>>,
}

impl<S: Subscriber> Layer<S> for Kept {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut time = Vec::new();
        write_time(&mut time, NOW_MS);
        write(&mut self.lines.lock().unwrap(), self.style, &time, event);
    }
}

fn logged(style: Style, log: impl FnOnce()) -> String {
    let lines = Arc::<Mutex<Vec<u8>>>::default();
    let kept = Kept {
        style,
        lines: Arc::clone(&lines),
    };
    with_default(Registry::default().with(kept), log);
    String::from_utf8(std::mem::take(&mut lines.lock().unwrap())).unwrap()
}

/// An object that is alone on its line.
fn object(log: impl FnOnce()) -> Value {
    let line = logged(Style::Json, log);
    assert_eq!(line.find('\n'), Some(line.len() - 1), "{line}");
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn a_request() {
    tracing::info!(
        target: "tracking_http::request",
        id = "0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b",
        method = "GET",
        route = "/tracking-numbers/{number}",
        status = 200_u16,
        ms = 0.0314,
        token = Some("shop-a"),
        "answered"
    );
}

#[test]
fn a_request_as_text() {
    assert_eq!(
        logged(Style::Plain, a_request),
        "2026-03-01T09:05:07.089Z  INFO tracking_http::request: answered \
         id=0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b method=GET route=/tracking-numbers/{number} \
         status=200 ms=0.031 token=shop-a\n"
    );
}

#[test]
fn a_request_as_json() {
    assert_eq!(
        logged(Style::Json, a_request),
        "{\"timestamp\":\"2026-03-01T09:05:07.089Z\",\"level\":\"INFO\",\
         \"target\":\"tracking_http::request\",\"message\":\"answered\",\
         \"id\":\"0190a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b\",\"method\":\"GET\",\
         \"route\":\"/tracking-numbers/{number}\",\"status\":200,\"ms\":0.031,\"token\":\"shop-a\"}\n"
    );
}

#[test]
fn a_warning_for_a_terminal() {
    let line = logged(Style::Coloured, || {
        tracing::warn!(target: "here", count = 3, "look");
    });
    assert_eq!(
        line,
        "\x1b[2m2026-03-01T09:05:07.089Z\x1b[0m\x1b[33m  WARN \x1b[0m\x1b[2mhere:\x1b[0m look \
         \x1b[3mcount\x1b[0m\x1b[2m=\x1b[0m3\n"
    );
}

#[test]
fn every_level_and_kind_of_value() {
    let log = || {
        tracing::error!(target: "t", "one {}", 1);
        tracing::debug!(target: "t", no = false, none = None::<u64>, below = -1, "two");
        tracing::trace!(target: "t", debug = ?"x", display = %"a b", ms = f64::NAN, text = "a b");
    };
    assert_eq!(
        logged(Style::Plain, log),
        "2026-03-01T09:05:07.089Z ERROR t: one 1\n\
         2026-03-01T09:05:07.089Z DEBUG t: two no=false below=-1\n\
         2026-03-01T09:05:07.089Z TRACE t: debug=\"x\" display=a b ms=null text=\"a b\"\n"
    );
    let (begin, lines) = (
        "{\"timestamp\":\"2026-03-01T09:05:07.089Z\",\"level\":",
        logged(Style::Json, log),
    );
    assert_eq!(
        lines,
        [
            "\"ERROR\",\"target\":\"t\",\"message\":\"one 1\"}\n",
            "\"DEBUG\",\"target\":\"t\",\"message\":\"two\",\"no\":false,\"below\":-1}\n",
            "\"TRACE\",\"target\":\"t\",\"debug\":\"\\\"x\\\"\",\"display\":\"a b\",\"ms\":null,\"text\":\"a b\"}\n",
        ]
        .map(|rest| format!("{begin}{rest}"))
        .concat()
    );
}

#[test]
fn numbers() {
    for (number, text) in [
        (0.0, "0.000"),
        (0.0004, "0.000"),
        (0.0005, "0.001"),
        (9.9996, "10.000"),
        (123_456.789, "123456.789"),
        (-1.5, "-1.500"),
        (1e12, "1000000000000.000"),
    ] {
        let line = logged(Style::Plain, || tracing::info!(target: "t", number, "m"));
        let (_, found) = line.split_once(" m number=").unwrap();
        assert_eq!(found.trim_end(), text);
    }
    for number in [0, 7, 10, 200, u64::MAX] {
        let line = logged(Style::Json, || tracing::info!(target: "t", number, "m"));
        assert!(
            line.ends_with(&format!(",\"number\":{number}}}\n")),
            "{line}"
        );
    }
}

#[test]
fn no_value_begins_a_line_or_gives_a_terminal_orders() {
    let evil = "a\r\n2026-03-01T09:05:07.089Z  INFO t: forged\u{2028}\u{85}\x1b[2J\t\0\x7f\"\\ü";
    let log = || {
        tracing::info!(target: "t", str = evil, display = %evil, debug = ?evil, "{evil}");
        tracing::info!(target: "t", message = evil);
    };
    for style in [Style::Plain, Style::Json] {
        let lines = logged(style, log);
        assert_eq!(lines.matches('\n').count(), 2, "{lines}");
        let rest = lines.replace('\n', "");
        assert!(
            !rest.contains(|c: char| c.is_control() || c == '\u{2028}'),
            "{lines:?}"
        );
        assert!(rest.contains("\\u000d\\n2026-03-01T09:05:07.089Z  INFO t: forged\\u2028\\u0085\\u001b[2J\\u0009\\u0000\\u007f"), "{lines}");
    }
    let found = object(|| tracing::info!(target: "t", str = evil, display = %evil, "{evil}"));
    assert_eq!(
        found,
        json!({
            "timestamp": "2026-03-01T09:05:07.089Z", "level": "INFO", "target": "t",
            "message": evil, "str": evil, "display": evil,
        })
    );
}

#[test]
fn text_quotes_what_could_be_taken_for_more() {
    for (value, shown) in [
        ("shop-a", "shop-a"),
        ("", "\"\""),
        ("a status=500", "\"a status=500\""),
        ("a=b", "\"a=b\""),
        ("a\"b\\", "\"a\\\"b\\\\\""),
        ("ü", "\"ü\""),
    ] {
        let line = logged(
            Style::Plain,
            || tracing::info!(target: "t", token = value, "m"),
        );
        assert_eq!(
            line,
            format!("2026-03-01T09:05:07.089Z  INFO t: m token={shown}\n")
        );
    }
}

#[test]
fn a_value_that_logs_as_it_is_written() {
    struct Talkative;

    impl std::fmt::Display for Talkative {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            tracing::info!("inner");
            f.write_str("outer")
        }
    }

    let out = super::super::sink::tests::Out::default();
    let sink = Arc::new(Sink::new(out.clone(), false).unwrap());
    let lines = Lines::new(Style::Plain, Arc::clone(&sink));
    with_default(Registry::default().with(lines), || {
        tracing::info!(target: "t", "{Talkative}");
    });
    sink.flush();
    // `tracing` itself lets nothing through while it hands on an event.
    assert!(out.text().ends_with(" t: outer\n"), "{}", out.text());
}
