//! Cursors of a ledger's pages.

use tracking_ledger::{Cursor, Filter};

/// A text that is a cursor is the only one of that cursor, and goes with no filter but its own.
pub fn run(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let Ok(cursor) = text.parse::<Cursor>() else {
        return;
    };
    assert_eq!(cursor.to_string(), text);
    let none = Filter::default();
    let some = Filter {
        from_ms: Some(cursor.below()),
        ..Filter::default()
    };
    assert!(!(cursor.is_of(&none) && cursor.is_of(&some)));
    let own = Cursor::new(cursor.below(), &none);
    assert_eq!(own.to_string().parse(), Ok(own));
    assert_eq!(own == cursor, cursor.is_of(&none));
}
