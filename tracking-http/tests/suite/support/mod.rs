//! What the tests share: a client, a server in this process, the program as a child.

mod client;
mod in_process;
mod ledgered;
mod program;
mod scrape;
mod switch;
mod token_file;

pub(crate) use client::{Answer, Client, ask, query};
pub(crate) use in_process::{InProcess, gated};
pub(crate) use ledgered::Ledgered;
pub(crate) use program::{Program, command, run_to_end};
pub(crate) use scrape::Scrape;
pub(crate) use switch::Switch;
pub(crate) use token_file::TokenFile;
pub(crate) use tracking_core::testing::FULL_ORDER as FULL;
