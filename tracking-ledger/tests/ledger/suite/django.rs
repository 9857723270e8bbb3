//! The numbers of a Django service, read and imported.

use tracking_ledger::{DjangoError, DjangoTable, Imported, OldNumber};

use crate::support::{Place, number};

/// Its rows have gaps between their ids, as Django leaves them.
fn insert(place: &impl Place, numbers: std::ops::Range<u64>) {
    let rows: Vec<String> = numbers
        .map(|count| {
            let (id, second) = (count * 3 + 1, count % 60);
            format!(
                "({id}, '{}', '2024-01-01 12:00:{second:02}.123456')",
                number(count)
            )
        })
        .collect();
    place.sql(&format!(
        "INSERT INTO tracking_trackingnumber (id, tracking_number, created_at) VALUES {}",
        rows.join(", ")
    ));
}

fn old(count: u64) -> OldNumber {
    OldNumber {
        number: number(count),
        issued_at_ms: 1_704_110_400_123 + (count as i64 % 60) * 1_000,
    }
}

/// `create` makes the table as Django's migration does.
pub(crate) fn run(place: &impl Place, create: &str) {
    let url = place.url().parse().unwrap();
    let ledger = place.open();
    let mut table = DjangoTable::open(&url).unwrap();
    let error = table.next_chunk().unwrap_err();
    let start = format!("cannot read the Django database {url}: ");
    assert!(
        matches!(error, DjangoError::Unreadable { .. })
            && error.to_string().starts_with(&start)
            && error.to_string().contains("tracking_trackingnumber"),
        "{error}"
    );

    place.sql(create);
    let mut table = DjangoTable::open(&url).unwrap();
    assert_eq!(
        (table.last_id().unwrap(), table.next_chunk().unwrap()),
        (0, vec![])
    );
    insert(place, 0..2_500);
    assert_eq!(table.last_id().unwrap(), 2_499 * 3 + 1);
    let mut all = Vec::new();
    for expected in [1_000, 1_000, 500, 0] {
        let chunk = table.next_chunk().unwrap();
        assert_eq!(chunk.len(), expected);
        all.extend(chunk);
    }
    assert_eq!(all, (0..2_500).map(old).collect::<Vec<_>>());
    assert_eq!(table.read_up_to(), 2_499 * 3 + 1);
    let added = |added, known| Imported { added, known };
    assert_eq!(ledger.import(&all).unwrap(), added(2_500, 0));
    assert_eq!(ledger.import(&all).unwrap(), added(0, 2_500));
    let found = ledger.find(number(61)).unwrap().unwrap();
    assert_eq!(found.issued_at_ms, old(61).issued_at_ms);

    // The service goes on meanwhile.
    insert(place, 2_500..2_502);
    place.sql("UPDATE tracking_trackingnumber SET tracking_number = 'ab' WHERE id = 7504");
    let expected = format!(
        "the Django database {url}, tracking_trackingnumber with id 7504: expected a tracking number of 1 to 16 characters of A-Z and 0-9, found 'a' at position 1; the letters of a number are capitals"
    );
    for _ in 0..2 {
        let error = table.next_chunk().unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
    place.sql("UPDATE tracking_trackingnumber SET tracking_number = 'AB' WHERE id = 7504");
    let chunk = table.next_chunk().unwrap();
    assert_eq!((chunk.len(), chunk[0]), (2, old(2_500)));
    assert_eq!(chunk[1].number.as_str(), "AB");
}
