//! Embed a desk in an async service: nothing blocks the runtime, since the generator's own thread reserves, and
//! wakes who waits.
//!
//! `cargo run -p tracking-examples --bin async_service`

use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;

use tracking_core::order::Order;
use tracking_core::{Desk, Generator, SeriesOptions, TrackingNumber, open_store};

/// What a request handler calls.
async fn next_number(
    desk: &Desk,
    order: &Order,
) -> Result<TrackingNumber, Box<dyn Error + Send + Sync>> {
    let issued = tokio::time::timeout(Duration::from_secs(2), desk.issue_async(order));
    Ok(issued.await??.number)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let store = open_store(&"memory:".parse()?, &SeriesOptions::default())?;
    let desk = Desk::new(Generator::new(store));

    let requests: Vec<_> = (0..1_000)
        .map(|_| {
            let desk = desk.clone();
            tokio::spawn(async move { next_number(&desk, &Order::default()).await })
        })
        .collect();

    let mut issued = HashSet::new();
    for request in requests {
        let number = request.await?.map_err(|error| error.to_string())?;
        assert!(issued.insert(number), "{number} was issued twice");
    }
    println!(
        "{} requests were answered, each with a number of its own",
        issued.len()
    );
    Ok(())
}
