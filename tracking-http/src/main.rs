//! A program of `tracking`.
fn main() {}
