//! Validate an order and print every error of it at once.
//!
//! `cargo run -p tracking-examples --bin validate_order -- weight=1.2345 origin_country_id=ZZ`

use tracking_core::order::{Order, Required};

const EXAMPLE: [&str; 4] = [
    "origin_country_id=UK",
    "weight=1.2345",
    "created_at=2024-01-01 12:00",
    "customer_slg=redbox",
];

fn main() {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let fields: Vec<&str> = match given.is_empty() {
        true => EXAMPLE.to_vec(),
        false => given.iter().map(String::as_str).collect(),
    };

    let pairs = fields
        .into_iter()
        .map(|field| field.split_once('=').unwrap_or((field, "")));
    match Order::from_pairs(pairs, Required::NONE) {
        Ok(order) => println!("a valid order: {order:?}"),
        Err(errors) => {
            for error in &errors {
                println!(
                    "{}\t{}\t{}",
                    error.parameter(),
                    error.code(),
                    error.message()
                );
            }
        }
    }
}
