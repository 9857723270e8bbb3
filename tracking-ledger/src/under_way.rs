//! The requests with a key that are under way in this process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::key::{Claim, IdempotencyKey};
use crate::names::TokenName;

/// Whose key, and which: what for is another matter.
type Name = (Option<TokenName>, IdempotencyKey);

/// Those that are under way, by their keys.
#[derive(Debug, Default)]
pub(crate) struct UnderWay(Mutex<Entered>);

#[derive(Debug, Default)]
struct Entered {
    turns: HashMap<Name, Vec<u64>>,
    next: u64,
}

/// A request with a key, under way while this is kept: by who waits for it, and by the thread that commits it, which
/// goes on when nobody waits any more.
#[derive(Debug)]
pub(crate) struct Turn {
    all: Arc<UnderWay>,
    name: Name,
    number: u64,
}

impl UnderWay {
    pub(crate) fn enter(self: &Arc<Self>, claim: &Claim) -> Arc<Turn> {
        let name = (claim.scope.clone(), claim.key.clone());
        let mut entered = self.lock();
        let number = entered.next;
        entered.next += 1;
        let turns = entered.turns.entry(name.clone()).or_default();
        turns.push(number);
        drop(entered);
        let all = Arc::clone(self);
        Arc::new(Turn { all, name, number })
    }

    fn lock(&self) -> MutexGuard<'_, Entered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn {
    /// Whether a request with the same key came before, and is still under way.
    pub(crate) fn is_behind_another(&self) -> bool {
        let entered = self.all.lock();
        let first = entered.turns.get(&self.name).and_then(|it| it.first());
        first.is_some_and(|first| *first < self.number)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut entered = self.all.lock();
        if let Some(turns) = entered.turns.get_mut(&self.name) {
            turns.retain(|number| *number != self.number);
            if turns.is_empty() {
                entered.turns.remove(&self.name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tracking_core::order::Order;

    use super::*;
    use crate::Fingerprint;

    #[test]
    fn who_came_before_and_has_not_ended_is_known_and_nothing_is_left_behind() {
        let all = Arc::<UnderWay>::default();
        let enter = |scope: Option<&str>, key: &str| {
            all.enter(&Claim {
                scope: scope.map(|scope| scope.parse().unwrap()),
                key: key.parse().unwrap(),
                fingerprint: Fingerprint::of("next", 1, &Order::default(), None),
            })
        };
        let first = enter(None, "a");
        let others = [enter(Some("shop"), "a"), enter(None, "b")];
        let (second, third) = (enter(None, "a"), enter(None, "a"));
        assert!(!first.is_behind_another());
        assert!(others.iter().all(|other| !other.is_behind_another()));
        assert!(second.is_behind_another() && third.is_behind_another());
        // Whoever commits it keeps it, too.
        let committing = Arc::clone(&first);
        drop(first);
        assert!(second.is_behind_another());
        drop(committing);
        assert!(!second.is_behind_another() && third.is_behind_another());
        drop((second, third, others));
        assert!(all.lock().turns.is_empty());
    }
}
