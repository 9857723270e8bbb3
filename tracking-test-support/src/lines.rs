//! What a child tells while it runs.

use std::io::{BufRead, BufReader, Read};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The lines that have come so far, of a pipe that is read all the time: what is there was told before one looks.
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    /// Of a child's output.
    pub fn of(pipe: impl Read + Send + 'static) -> Self {
        let all = Arc::<Mutex<Vec<String>>>::default();
        let shared = Arc::clone(&all);
        thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                let mut all = shared.lock().unwrap_or_else(PoisonError::into_inner);
                all.push(line);
            }
        });
        Self(all)
    }

    /// All whole lines by now.
    pub fn so_far(&self) -> Vec<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.clone()
    }
}
