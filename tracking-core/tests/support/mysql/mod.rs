//! Real MariaDB servers for tests, and a proxy that cuts what they answer.
#![allow(unused_imports, reason = "each test program uses a part of it")]

pub(crate) use tracking_test_support::mysql::*;
