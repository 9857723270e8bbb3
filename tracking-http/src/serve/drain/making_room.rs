//! Which connections are ended, so that others find a place.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use crate::call::handler::Holder;

/// Who waits for less is in the middle of something, and not ended for others.
pub(super) const WAIT_MIN_MS: u64 = 1_000;

/// A connection that waits for its client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) holder: Holder,
    pub(super) since_ms: u64,
}

/// How hard it is pressed for places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Press {
    pub(super) now_ms: u64,
    /// How many places are missing.
    pub(super) missing: usize,
    /// How many connections like these the newcomer has who has the fewest; none where they are ended for
    /// their age alone.
    pub(super) newcomers_share: Option<usize>,
    /// Whether even those are ended that wait for less than [`WAIT_MIN_MS`].
    pub(super) is_crowded: bool,
}

/// The indices of the connections to end: of the holder who has most of them the oldest, as often as a place
/// is missing. A young one is ended only where its holder has more than the newcomer would: who fills all
/// places is told from a crowd of clients that are just about to send a request.
pub(super) fn choose(all: &[Waiting], press: Press) -> Vec<usize> {
    let mut by_holder: Vec<Vec<usize>> = Vec::new();
    let mut places = HashMap::new();
    for (index, waiting) in all.iter().enumerate() {
        let place = match waiting.holder {
            Some(client) => *places.entry(client).or_insert(by_holder.len()),
            None => by_holder.len(),
        };
        if place == by_holder.len() {
            by_holder.push(Vec::new());
        }
        by_holder[place].push(index);
    }
    for indices in &mut by_holder {
        indices.sort_unstable_by_key(|&index| Reverse(all[index].since_ms));
    }
    let rank = |place: usize, indices: &[usize]| {
        let oldest = all[*indices.last()?].since_ms;
        Some((indices.len(), Reverse(oldest), place))
    };
    let ranks = by_holder.iter().enumerate();
    let mut most: BinaryHeap<_> = ranks.filter_map(|(place, all)| rank(place, all)).collect();
    let mut chosen = Vec::new();
    while chosen.len() < press.missing
        && let Some((count, Reverse(since_ms), place)) = most.pop()
    {
        let fair = press.newcomers_share.map(|share| share + chosen.len() + 1);
        let is_too_many = fair.is_some_and(|fair| count > fair);
        let is_old = since_ms <= press.now_ms.saturating_sub(WAIT_MIN_MS);
        // Otherwise the others of this holder are younger still.
        if is_too_many || is_old || press.is_crowded {
            chosen.extend(by_holder[place].pop());
            most.extend(rank(place, &by_holder[place]));
        }
    }
    chosen
}

/// The indices of the connections to end: those that have waited the longest, whosever they are. With some
/// to spare, since it takes a look at all connections to find them.
pub(super) fn longest(all: &[Waiting], press: Press) -> Vec<usize> {
    let old = press.now_ms.saturating_sub(WAIT_MIN_MS);
    let mut chosen: Vec<_> = (0..all.len())
        .filter(|&index| all[index].since_ms <= old)
        .collect();
    chosen.sort_unstable_by_key(|&index| all[index].since_ms);
    let spare = all.len() / 64;
    chosen.truncate(match press.missing {
        0 => 0,
        missing => missing + spare,
    });
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: u64 = 100_000;

    /// Connections of these holders, each a millisecond younger than the one before.
    fn waiting(holders: &[u8], age_ms: u64) -> Vec<Waiting> {
        let since_ms = NOW_MS - age_ms;
        let all = holders.iter().zip(since_ms..);
        all.map(|(&holder, since_ms)| Waiting {
            holder: (holder > 0).then_some(holder.into()),
            since_ms,
        })
        .collect()
    }

    const PRESS: Press = Press {
        now_ms: NOW_MS,
        missing: 1,
        newcomers_share: Some(0),
        is_crowded: false,
    };

    #[test]
    fn the_oldest_of_who_has_most_is_ended() {
        let all = waiting(&[1, 2, 2, 2, 1], 50);
        assert_eq!(choose(&all, PRESS), [1]);
        let many = Press {
            missing: 9,
            ..PRESS
        };
        // Until none has more than the newcomers would have.
        assert_eq!(choose(&all, many), [1]);
        let old = waiting(&[1, 2, 2, 2, 1], 5_000);
        assert_eq!(choose(&old, many), [1, 0, 2, 3, 4]);
    }

    #[test]
    fn nobody_who_is_young_is_ended_for_who_has_as_many() {
        let all = waiting(&[1, 1, 1], 50);
        for (share, ended) in [(0, 1), (1, 1), (2, 0), (3, 0)] {
            let press = Press {
                newcomers_share: Some(share),
                ..PRESS
            };
            assert_eq!(choose(&all, press).len(), ended, "{share}");
        }
        let crowded = Press {
            newcomers_share: Some(3),
            is_crowded: true,
            ..PRESS
        };
        assert_eq!(choose(&all, crowded), [0]);
        let for_age = Press {
            newcomers_share: None,
            ..PRESS
        };
        assert_eq!(choose(&all, for_age).len(), 0);
        assert_eq!(choose(&waiting(&[1, 2, 2], 5_000), for_age), [1]);
    }

    #[test]
    fn the_connections_of_a_proxy_are_each_anothers() {
        let all = waiting(&[0, 0, 0, 0, 1, 1], 50);
        assert_eq!(choose(&all, PRESS), [4]);
        assert_eq!(choose(&all[..5], PRESS).len(), 0);
    }
}
