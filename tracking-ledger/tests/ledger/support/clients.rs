//! Clients that record as fast as they can, while something is done to their ledger.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tracking_core::TrackingNumber;
use tracking_core::order::Order;
use tracking_ledger::{KeyState, Recorded, Recorder};

use super::{claim, number, recording};

/// How many there are. Every second one has keys, and asks again with the same one until it is answered.
const COUNT: u64 = 8;

/// How long they may get no answer.
const PATIENCE: Duration = Duration::from_secs(90);

/// What they ask, and what they were told.
#[derive(Default)]
pub(crate) struct Clients {
    ends: AtomicBool,
    next: AtomicU64,
    /// Numbers, and the keys that they were answered under.
    answered: Mutex<Vec<(TrackingNumber, Option<String>)>>,
    /// Numbers whose recording got an error, and which.
    refused: Mutex<Vec<(TrackingNumber, Option<String>, String)>>,
}

impl Clients {
    /// Lets them record until that is done. Then all that they were told is true.
    pub(crate) fn run(recorder: &Recorder, meanwhile: impl FnOnce(&Self)) -> Self {
        let clients = Self::default();
        thread::scope(|scope| {
            for client in 0..COUNT {
                let clients = &clients;
                scope.spawn(move || clients.ask(client, recorder));
            }
            // Also where it panics: the scope waits for all.
            let _ends = Ends(&clients.ends);
            meanwhile(&clients);
        });
        clients.check(recorder);
        clients
    }

    fn ask(&self, client: u64, recorder: &Recorder) {
        let order = Order::default();
        let mut retries: Option<String> = None;
        while !self.ends.load(Ordering::SeqCst) {
            let count = self.next.fetch_add(1, Ordering::SeqCst);
            let key = retries.take().or_else(|| {
                client
                    .is_multiple_of(2)
                    .then(|| format!("{client}-{count}"))
            });
            let claimed = key.as_deref().map(|key| claim(None, key, &order));
            let new = recording(count, &order).with_claim(claimed);
            match recorder.record(new, Duration::from_secs(3)) {
                Ok(Recorded::New) => self.answered.lock().unwrap().push((number(count), key)),
                Ok(Recorded::Replayed(replay)) => {
                    let [replayed] = replay.numbers[..] else {
                        panic!("{replay:?}")
                    };
                    self.answered.lock().unwrap().push((replayed, key));
                }
                Ok(other) => panic!("{other:?}"),
                Err(error) => {
                    assert!(error.is_temporary(), "{error}");
                    let refused = (number(count), key.clone(), error.to_string());
                    self.refused.lock().unwrap().push(refused);
                    retries = key;
                    thread::sleep(Duration::from_millis(20));
                }
            }
        }
    }

    /// Until so many more are answered.
    pub(crate) fn go_on(&self) {
        let before = self.answered();
        wait_until("they do not go on", || self.answered() >= before + 50);
    }

    pub(crate) fn answered(&self) -> usize {
        self.answered.lock().unwrap().len()
    }

    pub(crate) fn refused(&self) -> usize {
        self.refused.lock().unwrap().len()
    }

    /// How many were told this.
    pub(crate) fn refused_with(&self, text: &str) -> usize {
        let refused = self.refused.lock().unwrap();
        refused
            .iter()
            .filter(|(_, _, told)| told.contains(text))
            .count()
    }

    /// All that was answered is recorded, each number once and under its key; and of what got an error nothing is, but
    /// for what was answered under its key later, was not waited for any longer, or is known to be in doubt.
    fn check(&self, recorder: &Recorder) {
        let ledger = recorder.ledger();
        let answered = self.answered.lock().unwrap();
        let numbers: HashSet<_> = answered.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers.len(), answered.len(), "a number was answered twice");
        for (number, key) in &*answered {
            let is_recorded = ledger.find(*number).unwrap().is_some();
            assert!(is_recorded, "{number} was answered");
            if let Some(key) = key {
                let state = ledger.replay(&claim(None, key, &Order::default())).unwrap();
                let KeyState::Replayed(replay) = state else {
                    panic!("{number} was answered under {key}: {state:?}")
                };
                assert_eq!(replay.numbers, [*number]);
            }
        }
        let by_key: HashMap<_, _> = answered
            .iter()
            .filter_map(|(number, key)| Some((key.as_ref()?, *number)))
            .collect();
        let refused = self.refused.lock().unwrap();
        let unanswered = refused.iter().filter(|(number, key, told)| {
            let replayed = key.as_ref().and_then(|key| by_key.get(key));
            let is_late = told.contains("did not answer within");
            !is_late && replayed != Some(number) && ledger.find(*number).unwrap().is_some()
        });
        let (unanswered, doubts) = (unanswered.count() as u64, ledger.doubts());
        eprintln!(
            "{} answered, {} refused, {unanswered} of them recorded and answered to nobody, {doubts:?}",
            answered.len(),
            refused.len()
        );
        assert!(unanswered <= doubts.recorded, "half done");
    }
}

struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Look again and again, and fail when it takes too long.
pub(crate) fn wait_until(otherwise: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "{otherwise}");
        thread::sleep(Duration::from_millis(2));
    }
}
