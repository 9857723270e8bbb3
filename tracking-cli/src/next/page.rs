//! Pages of numbers, ready to be written.

use std::borrow::Cow;

use tracking_core::issued::{Issued, IssuedMany};
use tracking_core::shown::escape_json;
use tracking_programs::csv;

use crate::args::NextFormat;

/// A page of records that differ only in their number, since they are of one order, one series
/// and one moment. So a record is written once for many, and then a number into each.
#[derive(Debug)]
pub(crate) struct Page {
    format: NextFormat,
    /// One record.
    record: Vec<u8>,
    /// Where the number stands in a record, from where to where.
    number: std::ops::Range<usize>,
    /// The moment that the record is of.
    issued_at_ms: Option<i64>,
    /// The record again and again.
    bytes: Vec<u8>,
    /// Nothing was filled yet.
    first: bool,
}

impl Page {
    pub(crate) fn new(format: NextFormat) -> Self {
        Self {
            format,
            record: Vec::new(),
            number: 0..0,
            issued_at_ms: None,
            bytes: Vec::new(),
            first: true,
        }
    }

    /// What stands before the first page.
    pub(crate) fn start(&self) -> Vec<u8> {
        match self.format {
            NextFormat::Text | NextFormat::Ndjson => Vec::new(),
            NextFormat::Json => b"[".to_vec(),
            NextFormat::Csv => {
                let mut header = Vec::new();
                csv::write_row(&mut header, &Issued::CSV_HEADER.map(Cow::Borrowed));
                header
            }
        }
    }

    /// The page of some numbers of one series.
    pub(crate) fn fill(&mut self, issued: IssuedMany<'_, '_>) -> &[u8] {
        let numbers = issued.numbers;
        let Some(any) = issued.iter().next() else {
            return &[];
        };
        let of_this_moment =
            self.issued_at_ms == Some(issued.at_ms) || self.format == NextFormat::Text;
        if self.record.is_empty() || !of_this_moment {
            self.write_record(&any);
            self.bytes.clear();
        }
        let length = numbers.len() * self.record.len();
        while self.bytes.len() < length {
            self.bytes.extend_from_slice(&self.record);
        }
        for (record, number) in self.bytes.chunks_exact_mut(self.record.len()).zip(numbers) {
            record[self.number.clone()].copy_from_slice(number.as_bytes());
        }
        // The first record of an array has no comma before it.
        let from = usize::from(self.first && self.format == NextFormat::Json);
        self.first = false;
        &self.bytes[from..length]
    }

    /// What stands behind the last page.
    pub(crate) fn end(&self) -> &'static [u8] {
        match (self.format, self.first) {
            (NextFormat::Json, true) => b"]\n",
            (NextFormat::Json, false) => b"\n]\n",
            _ => b"",
        }
    }

    fn write_record(&mut self, issued: &Issued<'_>) {
        let record = &mut self.record;
        record.clear();
        match self.format {
            NextFormat::Text => {
                record.extend_from_slice(issued.number.as_bytes());
                record.push(b'\n');
            }
            NextFormat::Json => {
                record.extend_from_slice(b",\n");
                write_json(record, issued);
            }
            NextFormat::Ndjson => {
                write_json(record, issued);
                record.push(b'\n');
            }
            NextFormat::Csv => csv::write_row(record, &issued.csv_fields()),
        }
        // The number is the first field of every format.
        let number = issued.number.as_bytes();
        let at = record.windows(number.len()).position(|part| part == number);
        let at = at.unwrap_or_default();
        self.number = at..at + number.len();
        self.issued_at_ms = Some(issued.at_ms);
    }
}

/// Append a record whose names a terminal may show.
fn write_json(out: &mut Vec<u8>, issued: &Issued<'_>) {
    let mut json = Vec::new();
    issued.write_json(&mut json);
    out.extend(escape_json(json));
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracking_core::TrackingNumber;
    use tracking_core::issued::Zone;
    use tracking_core::order::{OrderBuilder, Required};

    /// Page for page what record for record gives, over moments and pages of several sizes.
    #[test]
    fn each_record_is_written_as_if_alone() {
        let mut order = OrderBuilder::new(Required::NONE);
        order.set("customer_name", "A0, \"A1\"").set("weight", "2");
        let order = order.build().unwrap();
        let numbers: Vec<TrackingNumber> =
            (10..30).map(|n| format!("A{n}").parse().unwrap()).collect();
        let issued = |number: &TrackingNumber, issued_at_ms| {
            Issued {
                number: *number,
                at_ms: issued_at_ms,
                order: &order,
                zone: Zone::UTC,
            }
            .csv_fields()
            .map(|field| field.into_owned())
        };
        let mut page = Page::new(NextFormat::Csv);
        for (count, now_ms) in [(3, 5), (20, 5), (2, 6), (1, 6), (9, 7)] {
            let issued_many = IssuedMany {
                numbers: &numbers[..count],
                at_ms: now_ms,
                order: &order,
                zone: Zone::UTC,
            };
            let written = page.fill(issued_many).to_vec();
            let mut expected = Vec::new();
            for number in &numbers[..count] {
                csv::write_row(&mut expected, &issued(number, now_ms).map(Cow::Owned));
            }
            assert_eq!(
                String::from_utf8(written).unwrap(),
                String::from_utf8(expected).unwrap()
            );
        }
    }
}
