//! TLS, with certificates of the test's own.

use std::path::Path;
use std::process::{Command, Stdio};

use tracking_core::Opening;

use crate::common::*;
use crate::support::server::{RedisServer, free_port, is_installed};

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
    if !is_installed("openssl") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let extensions = "subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n";
    std::fs::write(path.join("ext"), extensions).unwrap();
    for authority in ["ca", "other"] {
        openssl(
            path,
            &format!(
                "req -x509 -newkey rsa:2048 -nodes -keyout {authority}.key -out {authority}.pem -days 2 -subj /CN={authority}"
            ),
        );
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
    std::fs::write(path.join("garbage.pem"), "hello").unwrap();
    let message = refused(&format!("?ca={}", file("garbage.pem")));
    assert!(message.contains("hold no certificate"), "{message}");
    // The plain port does not speak it.
    let url = format!("rediss://127.0.0.1:{}?ca={}", server.port(), file("ca.pem"));
    assert!(open(&url, &options(Opening::Existing)).is_err());
}
