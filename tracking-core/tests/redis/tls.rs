//! TLS, with certificates of the test's own.

use tracking_core::Opening;
use tracking_test_support::Certificates;

use crate::common::*;
use crate::support::server::{RedisServer, free_port};

#[test]
fn only_certificates_that_are_trusted() {
    let Some(certificates) = Certificates::make() else {
        return;
    };
    let file = |name: &str| certificates.file(name);
    let port = free_port();
    let Some(server) = RedisServer::start(&[
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        &file("server.pem"),
        "--tls-key-file",
        &file("server.key"),
        "--tls-ca-cert-file",
        &file("ca.pem"),
        "--tls-auth-clients",
        "no",
    ]) else {
        return;
    };
    for host in ["localhost", "127.0.0.1"] {
        server.ask::<String>(&["FLUSHALL"]);
        let url = format!("rediss://{host}:{port}/1?ca={}", file("ca.pem"));
        let allocator = create(&url);
        reserve(&allocator, 1).unwrap();
    }
    let refused = |ca: &str| {
        let url = format!("rediss://localhost:{port}{ca}");
        refusal(open(&url, &options(Opening::Existing)), &server)
    };
    for ca in [format!("?ca={}", file("other.pem")), String::new()] {
        let message = refused(&ca);
        assert!(message.contains("invalid peer certificate"), "{message}");
    }
    let message = refused("?ca=/nonexistent/ca.pem");
    assert!(
        message.ends_with("cannot read the certificates of /nonexistent/ca.pem: No such file or directory (os error 2)"),
        "{message}"
    );
    std::fs::write(file("garbage.pem"), "hello").unwrap();
    let message = refused(&format!("?ca={}", file("garbage.pem")));
    assert!(message.contains("hold no certificate"), "{message}");
    // The plain port does not speak it.
    let url = format!("rediss://127.0.0.1:{}?ca={}", server.port(), file("ca.pem"));
    assert!(open(&url, &options(Opening::Existing)).is_err());
}
