//! Parcel tracking numbers that never repeat.
pub mod order;
