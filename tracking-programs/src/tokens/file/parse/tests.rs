use super::*;

const A: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const B: &str = "cb8379ac2098aa165029e3938a51da0bcecfc008fd6795f401178647f96c5b34";

const C: &str = "cb8379ac2098aa16000000000000000000000000000000000000000000000000";

fn table(name: &str, digest: &str, more: &str) -> String {
    format!("[[token]]\nname = \"{name}\"\nsha256 = \"{digest}\"\nscopes = [\"issue\"]\n{more}\n")
}

/// The mistakes of a text.
fn shown(text: &str) -> Vec<String> {
    let mistakes = parse(text).unwrap_err();
    mistakes.iter().map(Mistake::to_string).collect()
}

#[test]
fn reads_what_the_lines_say() {
    assert!(parse("").unwrap().is_empty());
    assert!(parse("# nobody\n").unwrap().is_empty());
    for more in [
        "",
        "expires = 2027-01-01T00:00:00Z\n",
        "expires = 2027-01-01T00:00:00.250Z\nrate = 100\nburst = 5\n",
    ] {
        let lines = table("shop-a", A, more);
        let read = parse(&lines).unwrap();
        assert_eq!(read[0].entry.to_string(), lines.replace("\n\n", "\n"));
    }
    let read = parse(&table("a", A, "rate = 7")).unwrap();
    assert_eq!(read[0].entry.rate.unwrap().burst(), 7);
}

#[test]
fn says_what_is_wrong_and_where() {
    let secret = "trk_-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_v7-_s";
    for (text, message) in [
        (
            table("a", A, "rate ="),
            "5:7: string values must be quoted, expected literal string",
        ),
        (
            table("a", A, "scope = []"),
            "5:1: unknown field `scope`, expected one of `name`, `sha256`, `scopes`, `expires`, `rate`, `burst`",
        ),
        (
            "[[tokens]]".to_owned(),
            "1:3: unknown field `tokens`, expected `token`",
        ),
        (
            "\n[[token]]\nname = \"a\"".to_owned(),
            "2:1: missing field `sha256`\n2:1: missing field `scopes`",
        ),
        (
            table("A", A, ""),
            "2:8: expected a name of 1 to 64 characters of a-z, 0-9 and -",
        ),
        (
            table(secret, A, ""),
            "2:8: expected a name of 1 to 64 characters of a-z, 0-9 and -",
        ),
        (
            table("a", "00", ""),
            "3:10: expected the SHA-256 of a token, 64 hexadecimal digits, found 2 characters that are not one",
        ),
        (
            table("a", secret, ""),
            "3:10: expected the SHA-256 of a token, 64 hexadecimal digits, found a token itself; whoever read it here may use it, so replace it",
        ),
        (
            table("a", A, "").replace("issue", "isue"),
            "4:10: expected the scope issue, read, metrics or ledger",
        ),
        (
            table("a", A, "").replace("\"issue\"", ""),
            "4:10: expected a scope or more of issue, read and metrics, found none",
        ),
        (
            table("a", A, "expires = 2027-01-01"),
            "5:11: expected a date and time with its offset, such as 2027-01-01T00:00:00Z",
        ),
        (
            table("a", A, "expires = 2027-01-01T00:00:00"),
            "5:11: expected a date and time with its offset, such as 2027-01-01T00:00:00Z",
        ),
        (
            table("a", A, "rate = 0"),
            "5:8: expected a rate of 1 to 10000000 numbers a second, found 0",
        ),
        (
            table("a", A, "rate = 1\nburst = 0"),
            "5:8: expected a burst of 1 number or more, found 0",
        ),
        (
            table("a", A, "rate = -1"),
            "5:8: invalid value: integer `-1`, expected u32",
        ),
        (
            table("a", A, &format!("rate = \"{secret}\"")),
            "5:8: invalid type: string \"…\", expected u32",
        ),
        (
            table("a", A, &format!("{secret} = 1")),
            "5:1: unknown field `…`, expected one of `name`, `sha256`, `scopes`, `expires`, `rate`, `burst`",
        ),
        (secret.to_owned(), "1:48: key with no value, expected `=`"),
        (
            table("a", A, "burst = 1"),
            "5:9: expected a rate beside the burst, found none",
        ),
        (
            table("a", A, "") + &table("b", A, ""),
            "6:1: expected another token than that of line 1",
        ),
        (
            table("a", A, "rate = 1") + &table("a", B, ""),
            "6:1: expected the rate and burst of line 1, since both tokens are of a",
        ),
        (
            table("c", C, "") + &table("a", A, "") + &table("b", B, "") + &table("a", A, ""),
            "16:1: expected another token than that of line 6",
        ),
        (
            table("b", A, "") + &table("a", B, "") + &table("a", C, "rate = 1"),
            "11:1: expected the rate and burst of line 6, since both tokens are of a",
        ),
    ] {
        let wrong = shown(&text).join("\n");
        assert_eq!(wrong, message);
        assert!(!wrong.contains(secret) && !wrong.contains(A), "{wrong}");
    }
}

#[test]
fn says_all_that_is_wrong_with_each_token() {
    let text = format!(
        "{}[[token]]\nrate = 0\nburst = \"x\"\nnmae = \"a\"\nname = \"A\"\nscopes = []\nexpires = 1\n{}{}[more]\n",
        table("a", A, "rate = 1"),
        table("b", A, "burst = 1"),
        table("a", B, "")
    );
    assert_eq!(
        shown(&text),
        [
            "7:8: expected a rate of 1 to 10000000 numbers a second, found 0",
            "8:9: invalid type: string \"…\", expected u32",
            "9:1: unknown field `nmae`, expected one of `name`, `sha256`, `scopes`, `expires`, `rate`, `burst`",
            "10:8: expected a name of 1 to 64 characters of a-z, 0-9 and -",
            "11:10: expected a scope or more of issue, read and metrics, found none",
            "12:11: invalid type: integer `1`, expected a TOML datetime",
            "6:1: missing field `sha256`",
            "17:9: expected a rate beside the burst, found none",
            "18:1: expected the rate and burst of line 1, since both tokens are of a",
            "23:2: unknown field `more`, expected `token`",
        ]
    );
}

#[test]
fn of_broken_toml_only_the_first_is_told() {
    let text = table("A", A, "rate =\nburst 5") + &table("B", A, "");
    let first = "5:7: string values must be quoted, expected literal string";
    assert_eq!(shown(&text), [first]);
}

#[test]
fn what_is_no_table_of_a_token_is_told() {
    let expected = "expected [[token]] and lines with what is said of a token, found";
    for (text, place, found) in [
        ("token = 5", "1:9", "integer"),
        ("[token]\nname = \"a\"", "1:1", "table"),
        ("token = [[]]", "1:10", "array"),
    ] {
        assert_eq!(shown(text), [format!("{place}: {expected} {found}")]);
    }
    assert!(parse("token = []").unwrap().is_empty());
}

#[test]
fn a_file_full_of_mistakes_is_read_at_once() {
    let began = std::time::Instant::now();
    for text in [
        "[[token]]\n".repeat(100_000),
        format!("token = [{}]", "5,".repeat(500_000)),
    ] {
        assert_eq!(shown(&text).len(), MISTAKES_MAX);
    }
    assert_eq!(shown(&"a\n".repeat(500_000)).len(), 1);
    let took = began.elapsed();
    assert!(took < std::time::Duration::from_secs(8), "took {took:?}");
}
