//! Real Redis servers, Sentinels and clusters for tests.
#![allow(unused_imports, reason = "each test program uses a part of it")]

pub(crate) use tracking_test_support::redis::*;
