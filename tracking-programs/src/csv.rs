//! Rows of values with commas between, by RFC 4180, but that they end as lines do on Unix.

mod entry;

use std::borrow::Cow;

pub use self::entry::{ENTRY_HEADER, entry_fields};

/// Append a row.
pub fn write_row(out: &mut Vec<u8>, fields: &[Cow<'_, str>]) {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        if field.contains(['"', ',', '\r', '\n']) {
            out.push(b'"');
            out.extend_from_slice(field.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(field.as_bytes());
        }
    }
    out.push(b'\n');
}

/// The same value, with an apostrophe before it where a spreadsheet would take it for a formula: what OWASP advises
/// against "CSV injection".
pub fn harmless(field: Cow<'_, str>) -> Cow<'_, str> {
    match field.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{field}").into(),
        false => field,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_quotes_has_them() {
        let mut row = Vec::new();
        write_row(&mut row, &["a", "b,c", "d\"e", ""].map(Cow::Borrowed));
        assert_eq!(row, b"a,\"b,c\",\"d\"\"e\",\n");
    }

    #[test]
    fn no_cell_is_a_formula() {
        for begin in ["=", "+", "-", "@", "\t", "\r"] {
            let field = format!("{begin}1");
            assert_eq!(harmless(field.as_str().into()), format!("'{field}"));
        }
        for field in ["", "a=1", " =1", "'=1", "1-2", "ä@b"] {
            assert_eq!(harmless(field.into()), field);
        }
    }
}
