//! Embed the generator in an async service: nothing blocks the runtime, since `try_next` never
//! waits and `ready` is a future that the generator's own thread wakes.
//!
//! `cargo run -p tracking-examples --bin async_service`

use std::collections::HashSet;
use std::error::Error;

use tracking_core::{AllocateError, Generator, SeriesOptions, TrackingNumber, open_store};

/// What a request handler calls.
async fn next_number(generator: &Generator) -> Result<TrackingNumber, AllocateError> {
    loop {
        // Another task may take the number that we were woken for: then wait again.
        match generator.try_next() {
            Err(AllocateError::NotYet { .. } | AllocateError::Unavailable { .. }) => {
                generator.ready().await?;
            }
            answer => return answer,
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = open_store(&"memory:".parse()?, &SeriesOptions::default())?;
    let generator = Generator::new(store);

    let requests: Vec<_> = (0..1_000)
        .map(|_| {
            let generator = generator.clone();
            tokio::spawn(async move { next_number(&generator).await })
        })
        .collect();

    let mut issued = HashSet::new();
    for request in requests {
        let number = request.await??;
        assert!(issued.insert(number), "{number} was issued twice");
    }
    println!(
        "{} requests were answered, each with a number of its own",
        issued.len()
    );
    Ok(())
}
