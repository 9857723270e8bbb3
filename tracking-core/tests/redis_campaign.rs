//! Faults of a real Redis while several processes issue from it all the time, and a checker that
//! sorts all that they issued for repeats.
//!
//! Clients are this program once more (`client`). Each writes every block to a file of its own
//! before it counts as issued; half of them go through a `Generator`, and write its numbers. After
//! each fault every client must have gone on, so that a campaign that stands still does not pass.
//!
//! A tenth of the counts, unless TRACKING_PROVE is set; TRACKING_SEED repeats what is random.
//!
//! # Mutants
//! A scenario is worth what it catches. The campaign turns red by each of these; `mutants` tries
//! them at every run, in an allocator of the test's own.
//!
//! | mutant | caught by |
//! |---|---|
//! | no fence | `FLUSHALL` |
//! | the lane is kept | split brain; failover to a replica that lags |
//! | `max(stored, now)` in doubles | any clients at all, without a fault; split brain |
//! | the connection is used again after a time-out | stopped past the time-out: blocks longer than asked for, or older than the question |
//!
//! In `RedisAllocator` itself the last one shows only with `wait_replicas`: the `redis` crate skips
//! one late answer, and then two are under way. Its clients take the number of replicas for the
//! script's answer, and never go on.
#![cfg(feature = "redis")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by a panic"
)]

#[path = "redis_campaign/checked.rs"]
mod checked;
#[path = "redis_campaign/client.rs"]
mod client;
#[path = "redis_campaign/clocks.rs"]
mod clocks;
#[path = "redis_campaign/counts.rs"]
mod counts;
#[path = "redis_campaign/crowd.rs"]
mod crowd;
#[path = "redis_campaign/failover.rs"]
mod failover;
#[path = "redis_campaign/how.rs"]
mod how;
#[path = "redis_campaign/loss.rs"]
mod loss;
#[path = "redis_campaign/mutants.rs"]
mod mutants;
#[path = "redis_campaign/output.rs"]
mod output;
#[path = "redis_campaign/pair.rs"]
mod pair;
#[path = "redis_campaign/refusals.rs"]
mod refusals;
#[path = "redis_campaign/scripted.rs"]
mod scripted;
#[path = "redis_campaign/split.rs"]
mod split;
#[path = "redis_campaign/stopped.rs"]
mod stopped;
#[path = "redis_campaign/two_faults.rs"]
mod two_faults;

#[path = "support/redis/mod.rs"]
mod servers;
mod support;
