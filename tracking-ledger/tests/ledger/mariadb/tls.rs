//! TLS, with certificates of the test's own.

use tracking_core::order::Order;
use tracking_ledger::{LedgerError, LedgerOptions, open_ledger};
use tracking_test_support::Certificates;
use tracking_test_support::mysql::program::Program;

use crate::support::mariadb::MariaDb;
use crate::support::{Place, record_new, recording};

#[test]
fn only_certificates_that_are_trusted() {
    let Some(certificates) = Certificates::make() else {
        return;
    };
    let file = |name: &str| certificates.file(name);
    let Some(server) = MariaDb::start(&[
        &format!("--ssl-cert={}", file("server.pem")),
        &format!("--ssl-key={}", file("server.key")),
        &format!("--ssl-ca={}", file("ca.pem")),
    ]) else {
        return;
    };
    server.ask("ALTER USER shop@'%' REQUIRE SSL");
    let place = server.database();
    let open = |scheme, options: &str| {
        let url = format!("{}{options}", place.url().replace("mysql:", scheme));
        let url = url.parse().unwrap();
        open_ledger(&url, &LedgerOptions::default())
    };
    let trusted = format!("?ca={}", file("ca.pem"));
    let ledger = open("mysqls:", &trusted).unwrap().unwrap();
    record_new(&*ledger, recording(1, &Order::default()));
    // Another authority; the system's; none at all.
    for (scheme, options) in [
        ("mysqls:", format!("?ca={}", file("other.pem"))),
        ("mysqls:", String::new()),
        ("mysql:", String::new()),
    ] {
        let error = open(scheme, &options).unwrap_err();
        assert!(
            matches!(error, LedgerError::Unavailable { .. }),
            "{scheme}{options}: {error}"
        );
    }
}

#[test]
fn a_server_without_tls_is_refused_where_tls_is_asked_for() {
    let Some(program) = Program::to_try() else {
        return;
    };
    let Some(server) = MariaDb::start(&[program.without_tls()]) else {
        return;
    };
    let place = server.database();
    let url = place.url().replace("mysql:", "mysqls:").parse().unwrap();
    let error = open_ledger(&url, &LedgerOptions::default()).unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable { .. }), "{error}");
}
