//! Parcel tracking numbers that never repeat.
pub mod issued;
pub mod order;
