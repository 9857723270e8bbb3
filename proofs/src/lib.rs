//! Models of what keeps a number from repeating, checked by [`stateright`] in every interleaving up to a bound.
//!
//! What decides which serials are granted is the real [`step`](tracking_core::store::timeline::step); what
//! stands round it is modelled: [`file`](mod@file) is the protocol of a state file, [`shared`] a store that hosts share.
//! A model takes a [`Rule`](file::Rule) that says which safeguards it has. With all of them no trace within the
//! bound grants a serial twice; without any one of them there is a trace that does, and the tests print it.
//!
//! [`simulation`] runs all parts together, the real ones over a simulated world that fails by dice, one of very many
//! interleavings for each seed.
//!
//! `mutants/` beside it holds breaks of the real code: `scripts/mutants` applies each, and demands that the
//! tests that it names turn red.

pub mod file;
pub mod shared;
pub mod simulation;
pub mod verdict;
