//! A server on a Unix socket.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;

use rustix::process::Signal;

use crate::support::{Client, Program, run_to_end};

#[test]
fn it_serves_and_removes_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tracking.sock");
    let text = path.to_str().unwrap();
    // A server that was killed left its socket.
    drop(UnixListener::bind(&path).unwrap());
    let program = Program::start_unix(text, &["--store", "memory:"]);
    assert_eq!(program.welcome[0], format!("listening on unix:{text}"));
    let try_it = format!(
        "try it: curl --unix-socket '{text}' 'http://localhost/next-tracking-number?origin_country_id=US&destination_country_id=IN&weight=1.200'"
    );
    assert_eq!(program.welcome[3], try_it);
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o660);
    let mut client = Client::connect_unix(&path);
    assert_eq!(client.ask("GET", "/next-tracking-number").status, 200);
    assert_eq!(client.ask("GET", "/nowhere").status, 404);

    // Another server takes it over from nobody who lives, and its socket stays.
    let listen = format!("unix:{text}");
    let output = run_to_end(&["--listen", &listen, "--store", "memory:"], &[]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        String::from_utf8(output.stderr).unwrap(),
        format!(
            "error: cannot listen on unix:{text}: another program does so already; choose another path with --listen\n"
        )
    );
    assert_eq!(client.ask("GET", "/livez").status, 200);

    program.signal(Signal::TERM);
    assert_eq!(program.wait().0.code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn what_is_no_socket_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("precious");
    std::fs::write(&path, "data").unwrap();
    let listen = format!("unix:{}", path.display());
    let output = run_to_end(&["--listen", &listen, "--store", "memory:"], &[]);
    assert_eq!(output.status.code(), Some(3));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        format!(
            "error: cannot listen on {listen}: what stands there is no socket; choose another path with --listen\n"
        )
    );
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "data");
}

#[test]
fn the_socket_of_another_server_stays() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tracking.sock");
    let program = Program::start_unix(path.to_str().unwrap(), &["--store", "memory:"]);
    std::fs::remove_file(&path).unwrap();
    let other = UnixListener::bind(&path).unwrap();
    program.signal(Signal::TERM);
    assert_eq!(program.wait().0.code(), Some(0));
    assert!(path.exists());
    drop(other);
}
