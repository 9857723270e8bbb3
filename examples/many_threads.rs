//! Issue numbers from many threads: they share one generator, and no number repeats.
//!
//! `cargo run -p tracking-examples --bin many_threads`

use std::collections::HashSet;
use std::error::Error;
use std::thread;

use tracking_core::{AllocateError, Generator, SeriesOptions, TrackingNumber, open_store};

fn main() -> Result<(), Box<dyn Error>> {
    // A program of yours would name a file here, which all processes of a host may share:
    // `file:/var/lib/shop/parcels.series`.
    let store = open_store(&"memory:".parse()?, &SeriesOptions::default())?;
    let generator = Generator::new(store);

    let threads: Vec<_> = (0..8)
        .map(|_| {
            let generator = generator.clone();
            thread::spawn(move || -> Result<Vec<TrackingNumber>, AllocateError> {
                generator.iter().take(50_000).collect()
            })
        })
        .collect();

    let mut issued = HashSet::new();
    for thread in threads {
        let numbers = thread.join().map_err(|_| "a thread panicked")??;
        for number in numbers {
            assert!(issued.insert(number), "{number} was issued twice");
        }
    }
    let some: Vec<_> = issued.iter().take(3).map(TrackingNumber::as_str).collect();
    println!(
        "{} numbers from 8 threads, no two alike, such as {}",
        issued.len(),
        some.join(", ")
    );
    Ok(())
}
