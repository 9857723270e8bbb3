//! `tracking inspect`.

use crate::support::{Operator, known_number, missing};

#[test]
fn a_number_of_the_series() {
    let operator = Operator::with_known_series();
    let number = known_number(5, 1_000, 7).to_string();
    let (body, check) = (&number[2..14], &number[14..]);
    operator.run(["inspect", &number]).assert(
        0,
        &format!(
            "tracking number  {number}
prefix           AB
body             {body}
check character  {check}
belongs          yes: the series could have issued it
reason           -
lane             5
reserved at      2025-01-01T00:00:10.000Z
slot             7
"
        ),
        "",
    );
    operator.run(["inspect", "--format", "json", &number]).assert(
        0,
        &format!(
            r#"{{"tracking_number":"{number}","prefix":"AB","body":"{body}","check_character":"{check}","belongs":true,"reason":null,"lane":5,"reserved_at":"2025-01-01T00:00:10.000Z","slot":7}}
"#
        ),
        "",
    );
}

#[test]
fn a_number_that_is_refused() {
    let operator = Operator::with_known_series();
    operator.run(["inspect", "AB0123456789ABC"]).assert(
        1,
        "tracking number  AB0123456789ABC
prefix           AB
body             0123456789AB
check character  C
belongs          no: its check character is wrong: it was mistyped, or made up
reason           check-character
lane             -
reserved at      -
slot             -
",
        "",
    );
    operator.run(["inspect", "XY", "--format", "json"]).assert(
        1,
        r#"{"tracking_number":"XY","prefix":null,"body":null,"check_character":null,"belongs":false,"reason":"prefix","lane":null,"reserved_at":null,"slot":null}
"#,
        "",
    );
}

/// Certain without any series.
#[test]
fn no_number_at_all() {
    Operator::new().run(["inspect", " A\u{1b}b "]).assert(
        1,
        "tracking number  A\\x1bb
prefix           -
body             -
check character  -
belongs          no: expected a tracking number of 1 to 16 characters of A-Z and 0-9, found '\\u{1b}' at position 2
reason           malformed
lane             -
reserved at      -
slot             -
",
        "",
    );
}

#[test]
fn without_a_series_the_shape_is_told() {
    let operator = Operator::new();
    let number = known_number(5, 1_000, 7).to_string();
    let wrong = format!("X{}", &number[1..]);
    for (number, parts, what) in [
        (&*number, Some(("AB", 2)), "its check character is right"),
        (
            &*wrong,
            Some(("XB", 2)),
            "its check character is wrong: it was mistyped, or made up",
        ),
        (
            "A1",
            None,
            "it is shorter than the 13 characters that numbers have here",
        ),
    ] {
        let (prefix, body, check) = match parts {
            Some((prefix, at)) => (prefix, &number[at..at + 12], &number[at + 12..]),
            None => ("-", "-", "-"),
        };
        let expected = format!(
            "tracking number  {number}
prefix           {prefix}
body             {body}
check character  {check}
belongs          undecided without its series: {what}
reason           -
lane             -
reserved at      -
slot             -
"
        );
        operator
            .run(["inspect", number])
            .assert(3, &expected, &missing(&operator));
    }
}

#[test]
fn of_several_each_has_its_paragraph_or_object() {
    let operator = Operator::with_known_series();
    let own = operator.numbers(1).remove(0);
    let one =
        |number: &str, format: &str| operator.run(["inspect", number, "--format", format]).stdout;
    let text = operator.run(["inspect", &own, "ab", &own]);
    let expected = [one(&own, "text"), one("ab", "text"), one(&own, "text")].join("\n");
    text.assert(1, &expected, "");
    let json = operator.run(["inspect", "--format", "json", &own, "ab"]);
    json.assert(1, &(one(&own, "json") + &one("ab", "json")), "");
    assert_eq!(operator.run(["inspect", &own, &own]).code, 0);

    // What cannot be decided counts for more than what is refused, and is told once.
    let other = Operator::new();
    let ran = other.run(["inspect", &own, "ab", &own]);
    assert_eq!((ran.code, &*ran.stderr), (3, &*missing(&other)));
    let numbers = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("tracking number "));
    assert_eq!(numbers.count(), 3);
    assert_eq!(operator.run(["inspect"]).code, 2);
}
