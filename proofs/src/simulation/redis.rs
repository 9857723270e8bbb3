//! A Redis that hosts share, and what befalls it.

mod server;
mod wire;

use std::sync::Arc;

use rand::prelude::*;
use rand::rngs::StdRng;

use super::network::{Network, Server, Shared};
use server::Hashes;
pub(super) use server::Redis;
use wire::Dialler;

impl Server for Redis {
    const NAME: &'static str = "Redis";
    type Held = Hashes;

    fn new(random: &mut StdRng, offset_ms: i64) -> Self {
        Self {
            run_id: run_id(random),
            offset_ms,
            ..Self::default()
        }
    }

    fn place(network: Arc<Network<Self>>) -> Arc<dyn Shared> {
        Arc::new(Dialler(network))
    }

    fn copy(&self) -> Option<Hashes> {
        Some(self.hashes.clone())
    }

    fn hold(&mut self, held: Hashes) {
        self.hashes = held;
    }

    fn offset_ms(&mut self) -> &mut i64 {
        &mut self.offset_ms
    }

    /// Under another identity, and with no script.
    fn restart(&mut self, random: &mut StdRng) {
        self.run_id = run_id(random);
        self.scripts.clear();
    }

    fn give_way(&mut self, random: &mut StdRng, offset_ms: i64, _may_return: bool) -> bool {
        self.restart(random);
        self.offset_ms = offset_ms;
        false
    }

    fn lose(&mut self, _random: &mut StdRng) -> &'static str {
        self.hashes.clear();
        "servers that lost what they held"
    }

    fn has_timeline(held: &Hashes) -> bool {
        held.values().any(|hash| hash.contains_key("lane"))
    }
}

fn run_id(random: &mut impl Rng) -> String {
    (0..5)
        .map(|_| format!("{:08x}", random.random::<u32>()))
        .collect()
}
