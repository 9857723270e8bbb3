//! `tracking token`.

use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use tracking_http::Gate;
use tracking_programs::tokens::TokenDigest;

use crate::support::{Operator, Ran};

const NOTE: &str = "note: the first is the token, for its holder alone: it is kept nowhere and never shown again; the lines are for the file of `tracking-http --tokens`, which reads it again on SIGHUP\n";

fn new(args: &str) -> Ran {
    let args = args.split_whitespace();
    Operator::new().run(["token", "new"].into_iter().chain(args))
}

#[test]
fn prints_a_token_and_its_lines() {
    for (args, more) in [
        ("--name shop-a --scope issue", "scopes = [\"issue\"]\n"),
        (
            "--name shop-a --scope read --scope issue --expires 2999-01-01T00:00:00+02:00",
            "scopes = [\"issue\", \"read\"]\nexpires = 2998-12-31T22:00:00Z\n",
        ),
        (
            "--name shop-a --scope metrics,read --rate 100 --burst 1000",
            "scopes = [\"read\", \"metrics\"]\nrate = 100\nburst = 1000\n",
        ),
        (
            "--name shop-a --scope issue --rate 7",
            "scopes = [\"issue\"]\nrate = 7\nburst = 7\n",
        ),
    ] {
        let ran = new(args);
        let token = ran.stdout.lines().next().unwrap();
        assert!(token.starts_with("trk_") && token.len() == 47, "{token}");
        let digest = TokenDigest::of(token.as_bytes());
        let lines = format!("[[token]]\nname = \"shop-a\"\nsha256 = \"{digest}\"\n{more}");
        ran.assert(0, &format!("{token}\n\n{lines}"), NOTE);

        let ran = new(&format!("{args} --format json"));
        assert_eq!((ran.code, &*ran.stderr), (0, NOTE));
        let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        assert_ne!(json["token"], token, "each is another");
        let digest = TokenDigest::of(json["token"].as_str().unwrap().as_bytes()).to_string();
        assert_eq!(json["sha256"], digest);
        assert_eq!(json["name"], "shop-a");
        let lines = json["lines"].as_str().unwrap();
        assert!(lines.contains(&digest) && lines.ends_with(more), "{lines}");
    }
}

#[test]
fn the_server_reads_the_lines_and_refuses_a_token_among_them() {
    let operator = Operator::new();
    let path = operator.path("tokens.toml");
    let mut file = String::new();
    for args in [
        "--name shop-a --scope issue --rate 100",
        "--name shop-a --scope issue,read --rate 100 --expires 2999-01-01T00:00:00Z",
        "--name watch --scope metrics",
    ] {
        let ran = new(args);
        let (token, lines) = ran.stdout.split_once("\n\n").unwrap();
        file += lines;
        std::fs::write(&path, &file).unwrap();
        Gate::with_tokens(&path).unwrap();
        // All that was printed, by `>>`.
        std::fs::write(&path, &ran.stdout).unwrap();
        let error = Gate::with_tokens(&path).unwrap_err().to_string();
        assert!(!error.contains(token), "{error}");
    }
}

#[test]
fn a_digest_is_what_sha256sum_prints() {
    let ran = new("--name a --scope issue");
    let token = ran.stdout.lines().next().unwrap();
    let script = format!("printf %s {token} | sha256sum");
    let summed = Command::new("sh")
        .args(["-c", &script])
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let sum = String::from_utf8(summed.stdout).unwrap();
    assert!(ran.stdout.contains(sum.split(' ').next().unwrap()), "{sum}");
}

/// Add a token to a file, and give what was printed.
fn add(operator: &Operator, name: &str) -> Ran {
    let path = operator.path("tokens.toml");
    let args = ["token", "new", "--scope", "issue", "--name", name, "--file"];
    operator.run(args.into_iter().chain([path.to_str().unwrap()]))
}

#[test]
fn the_lines_go_into_the_file_and_the_token_is_printed_alone() {
    let operator = Operator::new();
    let path = operator.path("tokens.toml");
    let note = format!(
        "note: the token is for its holder alone: it is kept nowhere and never shown again; its lines are in {}, which `tracking-http --tokens` reads again on SIGHUP\n",
        path.display()
    );
    let mut lines = String::new();
    for (index, name) in ["a", "b"].into_iter().enumerate() {
        let ran = add(&operator, name);
        let token = ran.stdout.trim_end();
        assert_eq!((ran.code, token.len(), &*ran.stderr), (0, 47, &*note));
        let digest = TokenDigest::of(token.as_bytes());
        let before = if index == 0 { "" } else { "\n" };
        lines += &format!(
            "{before}[[token]]\nname = \"{name}\"\nsha256 = \"{digest}\"\nscopes = [\"issue\"]\n"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), lines);
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        // That of the first, for its owner; then what its owner made of it.
        assert_eq!(mode, [0o600, 0o640][index]);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    }
    Gate::with_tokens(&path).unwrap();

    let again = add(&operator, "a");
    assert_eq!((again.code, &*again.stdout), (3, ""));
    assert!(
        again.stderr.contains("has a token of a already"),
        "{again:?}"
    );
    // Nobody has a token that could not be printed.
    let mut command = operator.command(["token", "new", "--name", "c", "--scope", "issue"]);
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let ran = Ran::from(
        command
            .arg("--file")
            .arg(&path)
            .stdout(full)
            .output()
            .unwrap(),
    );
    assert_eq!(ran.code, 3);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), lines);
}

#[test]
fn options_that_say_which_series_are_refused() {
    for option in ["--store", "--series", "--prefix", "--key-file"] {
        for args in [
            [
                "token", "new", "--name", "a", "--scope", "issue", option, "x",
            ],
            [
                option, "x", "token", "new", "--name", "a", "--scope", "issue",
            ],
        ] {
            let args = args.map(|arg| {
                if arg == "x" && option == "--prefix" {
                    "X"
                } else {
                    arg
                }
            });
            let ran = Operator::new().run(args);
            assert_eq!((ran.code, &*ran.stdout), (2, ""), "{args:?}");
            let message = format!("{option} is of no use to `tracking token new`");
            assert!(ran.stderr.contains(&message), "{ran:?}");
        }
    }
}

#[test]
fn nothing_is_made_for_wrong_usage() {
    for (args, said) in [
        ("--scope issue", "--name <NAME>"),
        ("--name a", "--scope <SCOPE>"),
        (
            "--name A --scope issue",
            "expected a name of 1 to 64 characters of a-z, 0-9 and -",
        ),
        (
            "--name a --scope all",
            "expected the scope issue, read, metrics or ledger",
        ),
        ("--name a --scope issue --burst 5", "--rate <COUNT>"),
        (
            "--name a --scope issue --rate 0",
            "expected a rate of 1 to 10000000 numbers a second, found 0",
        ),
        (
            "--name a --scope issue --rate 5 --burst 0",
            "expected a burst of 1 number or more, found 0",
        ),
        (
            "--name a --scope issue --expires tomorrow",
            "is not a time: expected an RFC 3339 time",
        ),
        (
            "--name a --scope issue --expires 2020-01-01T00:00:00Z",
            "expected --expires after now, ",
        ),
    ] {
        let ran = new(args);
        assert_eq!((ran.code, &*ran.stdout), (2, ""), "{args}");
        assert!(ran.stderr.contains(said), "{args}: {ran:?}");
    }
}
