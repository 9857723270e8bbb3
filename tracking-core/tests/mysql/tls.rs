//! TLS, with certificates of the test's own.

use tracking_core::Opening;
use tracking_test_support::Certificates;

use crate::common::*;
use crate::support::program::Program;
use crate::support::server::MySqlServer;

#[test]
fn only_certificates_that_are_trusted() {
    let Some(certificates) = Certificates::make() else {
        return;
    };
    let file = |name: &str| certificates.file(name);
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
    let told = match server.program().is_mysql() {
        // Without a word of why.
        false => ", unless it takes logins by TLS alone (mysqls://) (",
        true => "it takes no connections in the clear; name it with mysqls:// (3159 ",
    };
    assert!(message.contains(told), "{message}");
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
    let Some(program) = Program::to_try() else {
        return;
    };
    let Some(server) = MySqlServer::start(&[program.without_tls()]) else {
        return;
    };
    let url = server.database().replace("mysql:", "mysqls:");
    assert_eq!(
        refusal(open(&url, &options(Opening::New)), server.port()),
        "refused: mysqls://root@HOST/DB: HOST offers no TLS; turn it on there (ssl_cert, ssl_key), or name it with mysql:// where the way to it is safe"
    );
}
