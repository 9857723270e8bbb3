//! What the two programs, `tracking` and `tracking-http`, share: [`args`], the flags and variables that name
//! a store and a series; [`csv`] and [`years_left`], how both show what is stored; [`remedies`], the library's
//! errors in the programs' words; [`tokens`], the file that tells who may call the server; and with the feature
//! `pages` their manual pages and shells' scripts.
//!
//! It is theirs alone. Whoever embeds the library takes `tracking-core`, which knows no command line and no
//! caller.

pub mod args;
pub mod csv;
#[cfg(feature = "pages")]
pub mod pages;
pub mod remedies;
pub mod tokens;
mod years;

pub use years::years_left;
