//! `tracking token check`.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Operator, Ran};

const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const B: &str = "cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34";

/// Check a file of this text.
fn check(text: &str, format: &str) -> (Operator, Ran) {
    let operator = Operator::new();
    operator.write_private("tokens.toml", text);
    let mut command = operator.command(["token", "check", "tokens.toml", "--format", format]);
    let ran = command.current_dir(operator.path("")).output().unwrap();
    (operator, ran.into())
}

fn table(name: &str, digest: &str, more: &str) -> String {
    format!("[[token]]\nname = \"{name}\"\nsha256 = \"{digest}\"\n{more}\n")
}

#[test]
fn says_what_each_token_may() {
    let text = table(
        "shop-a",
        A,
        "scopes = [\"read\", \"issue\"]\nrate = 100\nburst = 1000",
    ) + &table(
        "old",
        B,
        "scopes = [\"metrics\"]\nexpires = 2020-01-01T01:00:00+01:00",
    );
    let note = "note: tokens.toml: 2 tokens of 2 names, 1 expired\n";
    let rows = "\
line  name    scopes      rate  burst  expires
1     shop-a  issue,read  100   1000   -
7     old     metrics     -     -      2020-01-01T00:00:00.000Z (expired)
";
    check(&text, "text").1.assert(0, rows, note);
    let object = concat!(
        r#"{"tokens":[{"line":1,"name":"shop-a","scopes":["issue","read"],"rate":100,"burst":1000,"expires":null,"expired":false},"#,
        r#"{"line":7,"name":"old","scopes":["metrics"],"rate":null,"burst":null,"expires":"2020-01-01T00:00:00.000Z","expired":true}],"mistakes":[]}"#,
        "\n"
    );
    check(&text, "json").1.assert(0, object, note);
}

#[test]
fn says_every_mistake_and_no_secret() {
    let secret = "trk_-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s";
    let text =
        table("A", secret, "scopes = []") + &table("b", B, "scopes = [\"issue\"]\nburst = 5");
    let lines = "\
tokens.toml:2:8: expected a name of 1 to 64 characters of a-z, 0-9 and -
tokens.toml:3:10: expected the SHA-256 of a token, 64 hexadecimal digits, found a token itself; whoever read it here may use it, so replace it
tokens.toml:4:10: expected a scope or more of issue, read and metrics, found none
tokens.toml:9:9: expected a rate beside the burst, found none
";
    check(&text, "text").1.assert(1, lines, "");
    let (_, ran) = check(&text, "json");
    assert_eq!((ran.code, &*ran.stderr), (1, ""));
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["tokens"], serde_json::json!([]));
    let mistakes = json["mistakes"].as_array().unwrap().iter().map(|mistake| {
        let message = mistake["message"].as_str().unwrap();
        format!(
            "tokens.toml:{}:{}: {message}\n",
            mistake["line"], mistake["column"]
        )
    });
    assert_eq!(mistakes.collect::<String>(), lines);

    let (_, ran) = check(&"[[token]]\n".repeat(50), "text");
    assert_eq!((ran.code, ran.stdout.lines().count()), (1, 100));
    assert_eq!(ran.stderr, "note: no more than 100 mistakes are shown\n");
}

#[test]
fn warns_as_the_server_does() {
    let empty = "line  name  scopes  rate  burst  expires\n";
    check("", "text").1.assert(
        0,
        empty,
        "warning: tokens.toml has no token that is in force: nobody may\nnote: tokens.toml: 0 tokens of 0 names\n",
    );
    let (operator, _) = check(&table("a", A, "scopes = [\"read\"]"), "text");
    let path = operator.path("tokens.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    let mut command = operator.command(["token", "check"]);
    let ran = Ran::from(command.env("TRACKING_TOKENS", &path).output().unwrap());
    assert_eq!(ran.code, 0, "{ran:?}");
    let warning = format!(
        "warning: {} says who may, and its mode 0644 lets other users of this host in: chmod o= it\n",
        path.display()
    );
    assert!(ran.stderr.starts_with(&warning), "{ran:?}");
}

#[test]
fn what_cannot_be_read_is_undone() {
    let operator = Operator::new();
    let home = operator.path("");
    for (path, why) in [
        ("none.toml", "No such file or directory (os error 2)"),
        (".", "expected a regular file"),
        ("/dev/null", "expected a regular file"),
    ] {
        let mut command = operator.command(["token", "check", path]);
        let ran = Ran::from(command.current_dir(&home).output().unwrap());
        let message = format!("error: cannot read the tokens of {path}: {why}\n");
        ran.assert(3, "", &message);
    }
}
