//! What the two programs, `tracking` and `tracking-http`, share: [`args`], the flags and variables that name
//! a store and a series; [`csv`] and [`years_left`], how both show what is stored; [`remedies`], the library's errors in the programs' words; and [`tokens`], the file
//! that tells who may call the server.
//!
//! It is theirs alone. Whoever embeds the library takes `tracking-core`, which knows no command line and no
//! caller.

pub mod args;
pub mod csv;
pub mod remedies;
pub mod tokens;
mod years;

pub use years::years_left;
