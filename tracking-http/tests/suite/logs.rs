//! What may be logged.

use rustix::process::Signal;

use crate::support::{Client, Program, query};

#[test]
fn no_level_logs_what_a_customer_sent() {
    let program = Program::start(&["--store", "memory:"], &[("RUST_LOG", "trace")]);
    let mut client = Client::connect(program.address);
    for target in [
        query(
            "/next-tracking-number",
            &[("customer_name", "canary"), ("customer_slug", "canary")],
        ),
        query(
            "/next-tracking-number",
            &[("customer_name", "canary\n"), ("canary", "1")],
        ),
        query("/api/next-tracking-number/", &[("customer_name", "canary")]),
        query("/nowhere", &[("customer_name", "canary")]),
    ] {
        client.ask("GET", &target);
        client.ask("HEAD", &target);
    }
    for body in [
        r#"{"count": 1, "order": {"customer_name": "canary"}}"#,
        r#"{"count": 1, "order": {"customer_name": "canary\n"}, "canary": 1}"#,
        r#"{"canary": canary}"#,
    ] {
        client.order_many("application/x-ndjson", body);
    }
    client.ask("GET", "/tracking-numbers/canary");
    // A request that is none.
    client.send("GET /next-tracking-number?customer_name=canary\r\nHost\r\n\r\n");
    client.receive("GET");
    program.signal(Signal::TERM);
    let (status, said) = program.wait();
    assert!(status.success());
    assert!(said.contains("ending on SIGTERM"), "it logs at all: {said}");
    assert!(said.contains("DEBUG"), "more than by default: {said}");
    assert!(!said.contains("canary"), "{said}");
}
