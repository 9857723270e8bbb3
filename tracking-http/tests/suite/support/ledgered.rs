//! A ledger in a file, which can be switched off.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tracking_core::TrackingNumber;
use tracking_core::order::CustomerId;
use tracking_ledger::{
    Claim, Cursor, Doubts, Entry, Filter, Imported, KeyState, Ledger, LedgerError, LedgerOptions,
    OldNumber, Page, PageLimit, Prune, Recorded, Recorder, Recording, open_ledger,
};

/// Clones share one ledger and one switch.
#[derive(Clone)]
pub(crate) struct Ledgered {
    inner: Arc<dyn Ledger>,
    mode: Arc<AtomicU8>,
    /// Batches that have hung.
    hung: Arc<AtomicU32>,
    probes: Arc<AtomicU32>,
    _folder: Arc<TempDir>,
}

const ON: u8 = 0;
const OFF: u8 = 1;
const HANGS: u8 = 2;
const READS: u8 = 3;
const HANGS_RECORDING: u8 = 4;

/// What no caller may see, and the log must say.
pub(crate) const SECRET_LEDGER: &str = "sqlite:/secret/ledger.db";

impl Ledgered {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("ledger.db").display());
        let ledger = open_ledger(&url.parse().unwrap(), &LedgerOptions::default());
        Self {
            inner: ledger.unwrap().unwrap(),
            mode: Arc::default(),
            hung: Arc::default(),
            probes: Arc::default(),
            _folder: Arc::new(folder),
        }
    }

    pub(crate) fn recorder(&self) -> Recorder {
        Recorder::start(Arc::new(self.clone())).unwrap()
    }

    pub(crate) fn turn_on(&self) {
        self.mode.store(ON, Ordering::SeqCst);
    }

    pub(crate) fn turn_off(&self) {
        self.mode.store(OFF, Ordering::SeqCst);
    }

    /// From now on a call returns only once that has changed.
    pub(crate) fn hang(&self) {
        self.mode.store(HANGS, Ordering::SeqCst);
    }

    /// From now on it only reads.
    pub(crate) fn only_read(&self) {
        self.mode.store(READS, Ordering::SeqCst);
    }

    /// From now on a batch returns only once that has changed.
    pub(crate) fn hang_recording(&self) {
        self.mode.store(HANGS_RECORDING, Ordering::SeqCst);
    }

    /// Until so many batches have hung.
    pub(crate) fn wait_for_hung(&self, count: u32) {
        let began = Instant::now();
        while self.hung.load(Ordering::SeqCst) < count {
            assert!(began.elapsed() < Duration::from_secs(10), "nothing hangs");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// How often it was tried.
    pub(crate) fn probes(&self) -> u32 {
        self.probes.load(Ordering::SeqCst)
    }

    /// All that was recorded, newest first.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        let (mut entries, mut cursor) = (Vec::new(), None);
        loop {
            let limit = PageLimit::nearest(1_000);
            let page = self.inner.list(&Filter::default(), cursor.as_ref(), limit);
            let page = page.unwrap();
            entries.extend(page.entries);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return entries,
            }
        }
    }

    fn there(&self) -> Result<&dyn Ledger, LedgerError> {
        while self.mode.load(Ordering::SeqCst) == HANGS {
            std::thread::sleep(Duration::from_millis(1));
        }
        match self.mode.load(Ordering::SeqCst) {
            OFF => Err(unavailable("switched off")),
            _ => Ok(&*self.inner),
        }
    }

    fn writable(&self) -> Result<&dyn Ledger, LedgerError> {
        let there = self.there()?;
        match self.mode.load(Ordering::SeqCst) {
            READS => Err(unavailable("read-only")),
            _ => Ok(there),
        }
    }
}

fn unavailable(what: &str) -> LedgerError {
    LedgerError::Unavailable {
        ledger: SECRET_LEDGER.into(),
        what: what.into(),
        source: None,
    }
}

impl Ledger for Ledgered {
    fn record(&self, batch: &[Recording]) -> Result<Vec<Recorded>, LedgerError> {
        if self.mode.load(Ordering::SeqCst) == HANGS_RECORDING {
            self.hung.fetch_add(1, Ordering::SeqCst);
        }
        while self.mode.load(Ordering::SeqCst) == HANGS_RECORDING {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.writable()?.record(batch)
    }
    fn replay(&self, claim: &Claim) -> Result<KeyState, LedgerError> {
        self.there()?.replay(claim)
    }
    fn find(&self, number: TrackingNumber) -> Result<Option<Entry>, LedgerError> {
        self.there()?.find(number)
    }
    fn list(
        &self,
        filter: &Filter,
        cursor: Option<&Cursor>,
        limit: PageLimit,
    ) -> Result<Page, LedgerError> {
        self.there()?.list(filter, cursor, limit)
    }
    fn erase(&self, customer_id: CustomerId) -> Result<u64, LedgerError> {
        self.there()?.erase(customer_id)
    }
    fn prune(&self, before_ms: i64, what: Prune) -> Result<u64, LedgerError> {
        self.there()?.prune(before_ms, what)
    }
    fn import(&self, numbers: &[OldNumber]) -> Result<Imported, LedgerError> {
        self.there()?.import(numbers)
    }
    fn sweep(&self) -> Result<u64, LedgerError> {
        self.there()?.sweep()
    }
    fn probe(&self) -> Result<(), LedgerError> {
        self.probes.fetch_add(1, Ordering::SeqCst);
        self.writable()?.probe()
    }
    fn warnings(&self) -> Result<Vec<String>, LedgerError> {
        self.there()?.warnings()
    }
    fn doubts(&self) -> Doubts {
        self.inner.doubts()
    }
}

impl fmt::Display for Ledgered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SECRET_LEDGER)
    }
}

impl fmt::Debug for Ledgered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ledgered")
    }
}
