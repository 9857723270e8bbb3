//! Where old numbers come from.

use std::fs::File;
use std::io::Read;

use tracking_core::shown::Plain;
use tracking_ledger::{DjangoTable, LedgerUrl, OldNumber};
use tracking_programs::args::standard_input;

use super::csv::CsvNumbers;
use crate::args::SourceArgs;
use crate::failure::Failure;

pub(super) enum Source {
    Csv {
        numbers: CsvNumbers<Box<dyn Read>>,
        /// In bytes.
        length: Option<u64>,
    },
    Django {
        table: DjangoTable,
        last_id: i64,
    },
}

impl Source {
    pub(super) fn open(args: &SourceArgs, django: Option<LedgerUrl>) -> Result<Self, Failure> {
        if let Some(url) = django {
            let mut table = DjangoTable::open(&url).map_err(Failure::undone)?;
            let last_id = table.last_id().map_err(Failure::undone)?;
            return Ok(Self::Django { table, last_id });
        }
        let path = args.from_csv.as_deref().unwrap_or("-".as_ref());
        let is_standard = path.as_os_str() == "-";
        let name = match is_standard {
            true => "standard input".to_owned(),
            false => Plain::of(path).to_string(),
        };
        let file = match is_standard {
            true => standard_input(),
            false => File::open(path),
        };
        let file = file.map_err(|error| Failure::Undone(format!("cannot read {name}: {error}")))?;
        let metadata = file.metadata().ok();
        let length = metadata.filter(|it| it.is_file()).map(|it| it.len());
        let file: Box<dyn Read> = Box::new(file);
        let numbers = CsvNumbers::new(file, name).map_err(Failure::Undone)?;
        Ok(Self::Csv { numbers, length })
    }

    /// The next numbers, at most 1,000; none at the end. Of a chunk with a mistake none is given.
    pub(super) fn next_chunk(&mut self) -> Result<Vec<OldNumber>, String> {
        match self {
            Self::Csv { numbers, .. } => numbers.next_chunk(),
            Self::Django { table, .. } => table.next_chunk().map_err(|error| error.to_string()),
        }
    }

    /// How far there is to go, if it is known; in the unit of [`at`](Self::at).
    pub(super) fn length(&self) -> Option<u64> {
        match self {
            Self::Csv { length, .. } => *length,
            Self::Django { last_id, .. } => u64::try_from(*last_id).ok(),
        }
    }

    pub(super) fn at(&self) -> u64 {
        match self {
            Self::Csv { numbers, .. } => numbers.bytes(),
            Self::Django { table, .. } => u64::try_from(table.read_up_to()).unwrap_or(0),
        }
    }
}
