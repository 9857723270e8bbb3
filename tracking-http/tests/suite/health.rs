//! `tracking-http health`: what containers and units ask.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::support::{Client, Program, run_to_end};

/// It exits with 0 and says nothing, or with 1 and says why.
#[track_caller]
fn says(args: &[&str], variables: &[(&str, &str)], expected: Option<&str>) {
    let output = run_to_end(&[&["health"], args].concat(), variables);
    let stderr = String::from_utf8(output.stderr).unwrap();
    let said = expected.map_or(String::new(), |expected| format!("error: {expected}\n"));
    assert_eq!(stderr, said);
    let code = i32::from(expected.is_some());
    assert_eq!(output.status.code(), Some(code), "{args:?}");
    assert!(output.stdout.is_empty());
}

#[test]
fn a_server_that_is_ready_is_well_until_it_is_to_end() {
    let program = Program::start(&["--store", "memory:", "--drain-delay", "20s"], &[]);
    let address = program.address.to_string();
    says(&[&address], &[], None);
    says(&["--live", &format!("http://{address}/")], &[], None);
    // Where a container has its flags as variables nothing needs to be said twice.
    let everywhere = format!("0.0.0.0:{}", program.address.port());
    says(&[], &[("TRACKING_LISTEN", &everywhere)], None);

    program.signal(Signal::TERM);
    let mut client = Client::connect(program.address);
    while client.ask("GET", "/readyz").status == 200 {}
    let ends = format!(
        "{address} /readyz: 503 Service Unavailable: This server is ending: It answers what is still sent to it, and takes no new connections soon."
    );
    says(&[&address], &[], Some(&ends));
    says(&["--live", &address], &[], None);
}

#[test]
fn a_server_on_a_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.sock");
    let path = path.to_str().unwrap();
    let listen = format!("unix:{path}");
    let gone = format!("{listen} /readyz: No such file or directory (os error 2)");
    says(&[&listen], &[], Some(&gone));
    let _program = Program::start_unix(path, &["--store", "memory:"]);
    says(&[&listen], &[], None);
}

#[test]
fn nobody_is_waited_for() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap().to_string();
    let began = Instant::now();
    let late = format!("{address} /readyz: no answer within 200ms");
    says(&["--timeout", "200ms", &address], &[], Some(&late));
    assert!(began.elapsed() < Duration::from_secs(10));
    drop(silent);
    let refused = format!("{address} /readyz: Connection refused (os error 111)");
    says(&[&address], &[], Some(&refused));
}

#[test]
fn it_takes_no_flags_of_a_server() {
    for args in [
        &["--store", "memory:", "health"][..],
        &["health", "--store", "memory:"],
        &["health", "localhost:80"],
        &["health", "--timeout", "0s"],
    ] {
        let output = run_to_end(args, &[]);
        assert_eq!(output.status.code(), Some(2), "{args:?}");
    }
}
