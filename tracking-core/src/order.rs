//! The order: the seven fields that describe a parcel.
