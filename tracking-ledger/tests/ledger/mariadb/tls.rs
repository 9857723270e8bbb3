//! TLS, with certificates of the test's own.

use std::path::Path;
use std::process::{Command, Stdio};

use tracking_core::order::Order;
use tracking_ledger::{LedgerError, LedgerOptions, open_ledger};

use crate::support::mariadb::{MariaDb, program};
use crate::support::{Place, record_new, recording};

fn openssl(folder: &Path, words: &str) {
    let status = Command::new("openssl")
        .current_dir(folder)
        .args(words.split_ascii_whitespace())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "openssl {words}");
}

#[test]
fn only_certificates_that_are_trusted() {
    if program("openssl").is_none() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let extensions = "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
    std::fs::write(path.join("ext"), extensions).unwrap();
    for authority in ["ca", "other"] {
        let out =
            format!("-keyout {authority}.key -out {authority}.pem -days 2 -subj /CN={authority}");
        openssl(path, &format!("req -x509 -newkey rsa:2048 -nodes {out}"));
    }
    openssl(
        path,
        "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server",
    );
    openssl(
        path,
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile ext",
    );
    let file = |name: &str| path.join(name).display().to_string();
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
    let Some(server) = MariaDb::start(&["--skip-ssl"]) else {
        return;
    };
    let place = server.database();
    let url = place.url().replace("mysql:", "mysqls:").parse().unwrap();
    let error = open_ledger(&url, &LedgerOptions::default()).unwrap_err();
    assert!(matches!(error, LedgerError::Unavailable { .. }), "{error}");
}
