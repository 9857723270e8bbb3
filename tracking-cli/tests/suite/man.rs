//! `tracking man`.

use std::io::Write;
use std::process::{Command, Stdio};

use tracking_test_support::not_here;

use crate::support::Operator;

const COMMANDS: [&str; 25] = [
    "",
    "audit",
    "check",
    "completions",
    "inspect",
    "ledger",
    "ledger erase",
    "ledger export",
    "ledger import",
    "ledger list",
    "ledger prune",
    "ledger show",
    "man",
    "next",
    "series",
    "series create",
    "series export",
    "series import",
    "series list",
    "series reopen",
    "series restore",
    "series show",
    "token",
    "token check",
    "token new",
];

#[test]
fn a_page_for_each_command() {
    let operator = Operator::new();
    let dir = operator.path("pages/man1");
    for _ in 0..2 {
        let ran = operator.run(["man", "--dir", dir.to_str().unwrap()]);
        assert_eq!((ran.code, &*ran.stderr), (0, ""));
        let mut printed: Vec<_> = ran.stdout.lines().collect();
        printed.sort_unstable();
        let mut pages: Vec<_> = std::fs::read_dir(&dir)
            .unwrap()
            .map(|entry| entry.unwrap().path().to_str().unwrap().to_owned())
            .collect();
        pages.sort_unstable();
        assert_eq!(printed, pages);
        assert_eq!(pages.len(), COMMANDS.len());
    }
    for command in COMMANDS {
        let name = format!("tracking {command}").trim_end().replace(' ', "-");
        let page = std::fs::read_to_string(dir.join(format!("{name}.1"))).unwrap();
        let escaped = name.replace('-', "\\-");
        for line in [
            &*format!(
                ".TH {name} 1 \" \" \"tracking {}\" tracking\n",
                env!("CARGO_PKG_VERSION")
            ),
            &format!(".SH NAME\n{escaped} \\- "),
            ".SH SYNOPSIS\n",
            ".SH NOTES\nExamples:\n.nf\n",
        ] {
            assert!(page.contains(line), "{name}: {line:?}");
        }
        assert!(!page.contains("tracking\\-help"), "{name}: no page of help");
        format(&page);
    }
    let whole = std::fs::read_to_string(dir.join("tracking.1")).unwrap();
    operator.run(["man"]).assert(0, &whole, "");
}

/// A page as groff formats it, which has nothing to warn of.
fn format(page: &str) {
    let child = Command::new("groff")
        .args(["-ww", "-man", "-Tascii", "-z"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else {
        return not_here("groff");
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(page.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
}

#[test]
fn a_page_shows_what_the_command_uses() {
    let operator = Operator::new();
    let dir = operator.path("");
    assert_eq!(
        operator.run(["man", "--dir", dir.to_str().unwrap()]).code,
        0
    );
    let page = |name: &str| std::fs::read_to_string(operator.path(name)).unwrap();
    let next = page("tracking-next.1");
    assert!(next.contains("\\fBTRACKING_KEY_FILE\\fR") && next.contains("\\-\\-weight"));
    assert!(!page("tracking-check.1").contains("TRACKING_KEY_FILE"));
    let list = page("tracking-ledger-list.1");
    assert!(list.contains("\\fBTRACKING_LEDGER\\fR") && !list.contains("TRACKING_STORE"));
    assert!(!page("tracking-token-new.1").contains("TRACKING_"));
}

#[test]
fn a_folder_that_cannot_be_written() {
    let operator = Operator::new();
    operator.write_private("file", "");
    let file = operator.path("file");
    for dir in [file.clone(), file.join("dir")] {
        let ran = operator.run(["man", "--dir", dir.to_str().unwrap()]);
        let message = format!(
            "error: cannot write {}: expected a folder, found something else\n",
            dir.display()
        );
        ran.assert(3, "", &message);
    }
}
