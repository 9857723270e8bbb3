//! `--help` and `--version`, to the letter.

use crate::support::run_to_end;

#[test]
fn help() {
    let output = run_to_end(&["--help"], &[("COLUMNS", "100")]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(
        String::from_utf8(output.stdout).unwrap(),
        include_str!("help.txt")
    );
}

#[test]
fn version() {
    let output = run_to_end(&["--version"], &[]);
    let expected = format!("tracking-http {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}
