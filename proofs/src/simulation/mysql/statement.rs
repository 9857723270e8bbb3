//! The little SQL that the store speaks: its lists, its expressions and its conditions.

use tracking_core::mysql::Value;

/// The parts of a list that commas divide, except for those within brackets.
pub(super) fn parts(list: &str) -> Vec<&str> {
    let mut depth = 0;
    let is_comma = move |c| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    };
    list.split(is_comma).map(str::trim).collect()
}

/// What stands between two texts, and what follows.
pub(super) fn between<'a>(text: &'a str, open: &str, close: &str) -> Option<(&'a str, &'a str)> {
    text.strip_prefix(open)?.split_once(close)
}

/// Whether a condition holds: equations that AND joins, and OR within brackets. `None` for what is none, or
/// what `term` does not know.
pub(super) fn holds(condition: &str, term: &impl Fn(&str) -> Option<Value>) -> Option<bool> {
    let mut all = true;
    for part in condition.split(" AND ") {
        let inner = part
            .strip_prefix('(')
            .and_then(|part| part.strip_suffix(')'));
        let mut any = false;
        for equation in inner.unwrap_or(part).split(" OR ") {
            let (left, right) = equation.split_once(" = ")?;
            let (left, right) = (term(left.trim())?, term(right.trim())?);
            any |= left == right && left != Value::Null;
        }
        all &= any;
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_as_a_server_takes_them() {
        let term = |text: &str| match text {
            "NULL" => Some(Value::Null),
            text => text.parse().ok().map(Value::Int),
        };
        for (condition, expected) in [
            ("1 = 1", Some(true)),
            ("1 = 2", Some(false)),
            ("NULL = NULL", Some(false)),
            ("1 = 1 AND 2 = 2", Some(true)),
            ("1 = 1 AND 2 = 3 AND 4 = 4", Some(false)),
            ("1 = 1 AND (2 = 3 OR 0 = 0)", Some(true)),
            ("1 = 2 AND (2 = 3 OR 0 = 0)", Some(false)),
            ("1 <> 2", None),
            ("1 = one", None),
        ] {
            assert_eq!(holds(condition, &term), expected, "{condition}");
        }
        assert_eq!(parts("a, f(b, c), d"), ["a", "f(b, c)", "d"]);
    }
}
