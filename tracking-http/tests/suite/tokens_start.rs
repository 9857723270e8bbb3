//! How it starts with tokens, and how it does not.

use std::os::unix::fs::PermissionsExt;

use rustix::process::Signal;

use crate::support::{Program, TokenFile, run_to_end};

#[test]
fn how_it_does_not_start() {
    let file = TokenFile::new(&[("a", "trk_a", "issue", "")]);
    let path = file.path();
    let shown = path.display();
    let args = [
        "--store",
        "memory:",
        "--listen",
        "127.0.0.1:0",
        "--tokens",
        path.to_str().unwrap(),
    ];
    let fails = |more: &[&str], variables: &[(&str, &str)]| {
        let output = run_to_end(&[&args[..], more].concat(), variables);
        (
            output.status.code().unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        )
    };
    let contradiction = "error: --allow-anonymous lets everybody in, --tokens those who have one; say one of them (TRACKING_ALLOW_ANONYMOUS and TRACKING_TOKENS count, too)\n";
    assert_eq!(
        fails(&["--allow-anonymous"], &[]),
        (2, contradiction.to_owned())
    );
    let variables = [("TRACKING_ALLOW_ANONYMOUS", "1")];
    assert_eq!(fails(&[], &variables), (2, contradiction.to_owned()));
    let (code, said) = fails(&["--address-burst", "5"], &[]);
    assert!(code == 2 && said.contains("--address-rate"), "{said}");
    let expected =
        "error: --address-rate: expected a rate of 1 to 10000000 numbers a second, found 0\n";
    assert_eq!(
        fails(&["--address-rate", "0"], &[]),
        (2, expected.to_owned())
    );
    let expected = "error: --address-burst: expected a burst of 1 number or more, found 0\n";
    assert_eq!(
        fails(&["--address-rate", "5", "--address-burst", "0"], &[]),
        (2, expected.to_owned())
    );
    let (code, said) = fails(&["--trusted-proxy", "10.0.0.1/8"], &[]);
    assert!(
        code == 2 && said.contains("did you mean 10.0.0.0/8?"),
        "{said}"
    );

    file.write_text("[[token]]\nnmae = \"a\"\n");
    let expected = format!(
        "error: {shown}:2:1: unknown field `nmae`, expected one of `name`, `sha256`, `scopes`, `expires`, `rate`, `burst`\n"
    );
    assert_eq!(fails(&[], &[]), (2, expected));
    std::fs::remove_file(file.path()).unwrap();
    let expected = format!(
        "error: cannot read the tokens of {shown}: No such file or directory (os error 2)\n"
    );
    assert_eq!(fails(&[], &[]), (3, expected));
}

#[test]
fn a_file_that_others_may_write_is_told_and_other_addresses_are_open_with_tokens() {
    let file = TokenFile::new(&[("a", "trk_a", "issue", "")]);
    let path = file.path();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o664)).unwrap();
    let variables = [
        ("TRACKING_LISTEN", "127.0.0.2:0"),
        ("TRACKING_TOKENS", path.to_str().unwrap()),
    ];
    let program = Program::start(&["--store", "memory:"], &variables);
    assert_eq!(
        program.welcome[0],
        format!(
            "warning: {} can be written by others than its owner (mode 0664), who may so let anyone in: chmod go-w",
            path.display()
        )
    );
    let try_it = program.welcome.last().unwrap();
    assert!(
        try_it.starts_with("try it: curl -H 'Authorization: Bearer TOKEN' 'http://"),
        "{try_it}"
    );
    // Not bound: nobody has this address. So it got past the question who may.
    let args = [
        "--store",
        "memory:",
        "--listen",
        "192.0.2.1:1",
        "--tokens",
        path.to_str().unwrap(),
    ];
    assert_eq!(run_to_end(&args, &[]).status.code(), Some(3));
}

/// It is right, and as likely a slip: such as a file that is just being written.
#[test]
fn a_file_without_a_token_is_told() {
    let file = TokenFile::new(&[]);
    let path = file.path();
    let args = ["--store", "memory:", "--tokens", path.to_str().unwrap()];
    let mut program = Program::start(&args, &[]);
    let told = format!(
        "{} has no token that is in force: nobody may",
        path.display()
    );
    assert!(
        program.welcome.contains(&format!("warning: {told}")),
        "{:?}",
        program.welcome
    );
    file.write(&[("a", "trk_a", "issue", "")]);
    program.signal(Signal::HUP);
    let said = program.wait_for("read the tokens again: 1 token");
    assert!(!said.contains(&told), "{said}");
    file.write_text("");
    program.signal(Signal::HUP);
    program.wait_for(&told);
}
