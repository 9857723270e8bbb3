//! TLS, with certificates of the test's own.

use std::path::Path;
use std::process::{Command, Stdio};

use tracking_core::Opening;

use crate::common::*;
use crate::support::server::{MySqlServer, is_installed};

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

/// `ca.pem`, and `server.pem` for this host with `server.key`.
fn certificates(folder: &Path) {
    let extensions = "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
    std::fs::write(folder.join("ext"), extensions).unwrap();
    for words in [
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=ca",
        "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=server",
        "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 2 -extfile ext",
    ] {
        openssl(folder, words);
    }
}

#[test]
fn only_certificates_that_are_trusted() {
    if !is_installed("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let Some(server) = MySqlServer::start(&[
        &format!("--ssl-cert={}", file("server.pem")),
        &format!("--ssl-key={}", file("server.key")),
        "--require-secure-transport=ON",
    ]) else {
        return;
    };
    let url = server.database();
    let by_tls = url.replace("mysql:", "mysqls:");
    let trusted = format!("{by_tls}?ca={}", file("ca.pem"));
    let allocator = create(&trusted);
    reserve(&allocator, 10).unwrap();
    // By name, whichever of its addresses the server listens at.
    let by_name = trusted.replace("127.0.0.1", "localhost");
    reserve(&open(&by_name, &options(Opening::Existing)).unwrap(), 10).unwrap();

    let message = refusal(open(&by_tls, &options(Opening::Existing)), server.port());
    assert_eq!(
        message,
        "refused: mysqls://root@HOST/DB: no agreement on TLS with HOST: invalid peer certificate: UnknownIssuer"
    );
    // In the clear it is not taken.
    let message = refusal(open(&url, &options(Opening::Existing)), server.port());
    assert!(
        message.contains(", unless it takes logins by TLS alone (mysqls://) ("),
        "{message}"
    );
    for (ca, why) in [
        ("none.pem", "No such file or directory (os error 2)"),
        ("server.key", "they hold no certificate in PEM form"),
    ] {
        let opened = open(&format!("{by_tls}?ca={}", file(ca)), &options(Opening::New));
        assert_eq!(
            refusal(opened, server.port()),
            format!(
                "refused: mysqls://root@HOST/DB: cannot read the certificates of {}: {why}",
                file(ca)
            )
        );
    }
}

#[test]
fn a_server_without_tls_is_told_of() {
    let Some(server) = MySqlServer::start(&["--skip-ssl"]) else {
        return;
    };
    let url = server.database().replace("mysql:", "mysqls:");
    assert_eq!(
        refusal(open(&url, &options(Opening::New)), server.port()),
        "refused: mysqls://root@HOST/DB: HOST offers no TLS; turn it on there (ssl_cert, ssl_key), or name it with mysql:// where the way to it is safe"
    );
}
