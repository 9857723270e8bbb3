//! Faults in random order, each as often as the others.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::{Duration, Instant};

use rand::prelude::*;
use rand::rngs::StdRng;

use crate::crowd::Crowd;

/// How often a fault came, and how often a client was told of an error by it.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Met {
    pub(crate) times: u32,
    pub(crate) told: u32,
}

/// All faults once, in random order, and again, until the time is over. After each of them everybody goes on.
pub(crate) fn storm<F: Copy + Debug + Ord>(
    faults: &[F],
    time: Duration,
    random: &mut StdRng,
    crowd: &mut Crowd,
    mut meet: impl FnMut(F, &mut StdRng, &mut Crowd),
) -> BTreeMap<F, Met> {
    let (began, mut all) = (Instant::now(), BTreeMap::<F, Met>::new());
    while began.elapsed() < time || all.len() < faults.len() {
        let mut deck = faults.to_vec();
        deck.shuffle(random);
        for fault in deck {
            std::thread::sleep(Duration::from_millis(random.random_range(0..100)));
            let before = crowd.errors();
            meet(fault, random, crowd);
            crowd.goes_on(&format!("after {fault:?}"));
            let met = all.entry(fault).or_default();
            met.times += 1;
            met.told += u32::from(crowd.errors() > before);
        }
    }
    all
}
