//! A run of a fleet: each server in the order of time, in one thread.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZeroU32;

use tracking_bench::series;

use super::server::{Count, Server};
use super::store::{Seen, SimulatedStore};

const SECOND_US: u64 = 1_000_000;
const DAY_S: f64 = 86_400.0;

/// What a fleet is, and what happens to it.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    pub(crate) servers: usize,
    /// Numbers a day, over all servers.
    pub(crate) load: u64,
    /// The generator's own where it is none.
    pub(crate) block_size: Option<NonZeroU32>,
    /// Over how many seconds the servers start, one after the other.
    pub(crate) starts_s: u64,
    /// Since when, and for how long, the store is away, in seconds.
    pub(crate) away_s: Option<(u64, u64)>,
    /// How long it is watched, in seconds.
    pub(crate) seconds: u64,
    /// Questions that the store answers in a second.
    pub(crate) answers_a_second: u64,
    /// What passes between two looks at a server's callers, in milliseconds.
    pub(crate) step_ms: u64,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) seen: Seen,
    pub(crate) reserved: u64,
    pub(crate) issued: u64,
    pub(crate) failed: u64,
    /// When the last server had its first block, in seconds since it started; infinite where one never had.
    pub(crate) first_s: f64,
}

impl Outcome {
    /// Questions a second between two seconds: the mean, and the most in one.
    pub(crate) fn asked(&self, from_s: u64, until_s: u64) -> (f64, u64) {
        let seconds = (from_s..until_s).map(|second| self.seen.asked.get(second as usize));
        let asked: Vec<u64> = seconds
            .map(|asked| asked.copied().unwrap_or_default())
            .collect();
        let mean = asked.iter().sum::<u64>() as f64 / asked.len().max(1) as f64;
        (mean, asked.into_iter().max().unwrap_or_default())
    }
}

impl Fleet {
    /// Numbers a second that each server is asked for.
    pub(crate) fn rate(&self) -> f64 {
        self.load as f64 / DAY_S / self.servers.max(1) as f64
    }

    /// The most reservations a second that it takes in the long run: each server replaces once a minute what it has
    /// in hand, a block and the one that it fetched when that was begun, and takes a block for each 65,536 numbers.
    pub(crate) fn bound(&self) -> f64 {
        const BLOCK_SIZE: f64 = 65_536.0;
        self.servers as f64 / 30.0 + self.load as f64 / DAY_S / BLOCK_SIZE
    }

    pub(crate) fn run(&self) -> Outcome {
        let away_us = |(from, length): (u64, u64)| (from * SECOND_US, (from + length) * SECOND_US);
        let store = SimulatedStore::new(self.answers_a_second, self.away_s.map(away_us));
        let (series, count) = (series(), self.servers as u64);
        let starts: Vec<u64> = (0..count)
            .map(|place| self.starts_s * SECOND_US * place / count.max(1))
            .collect();
        let servers: Vec<_> = starts
            .iter()
            .map(|&began_us| {
                let times = (began_us, self.step_ms * 1_000);
                Server::new(&store, &series, self.block_size, self.rate(), times)
            })
            .collect();
        let mut queue: BinaryHeap<_> = starts
            .iter()
            .enumerate()
            .map(|(place, &began_us)| Reverse((began_us, place)))
            .collect();
        while let Some(Reverse((now_us, place))) = queue.pop()
            && now_us < self.seconds * SECOND_US
        {
            queue.push(Reverse((servers[place].wake(now_us), place)));
        }
        let counts: Vec<Count> = servers.iter().map(|server| server.count()).collect();
        let first_s = |(count, began_us): (&Count, &u64)| {
            let first_us = count.first_us?;
            Some((first_us - began_us) as f64 / 1e6)
        };
        Outcome {
            seen: store.seen(),
            reserved: counts.iter().map(|count| count.reserved).sum(),
            issued: counts.iter().map(|count| count.issued).sum(),
            failed: counts.iter().map(|count| count.failed).sum(),
            first_s: counts
                .iter()
                .zip(&starts)
                .map(|of| first_s(of).unwrap_or(f64::INFINITY))
                .fold(0.0, f64::max),
        }
    }
}
