//! Who has held the state of late, as one process sees it.
//!
//! A failover goes from one server to another. Two that take turns are two primaries over one state, or a
//! proxy that sends now here, now there: each turn costs a lane and its fence, and what the one was granted
//! last may be unknown to the other. So nothing is granted by a server that had its turn before another's,
//! until that turn is 10 s past.

use crate::store::timeline::History;

/// How far apart two turns of a server are that another came between, in milliseconds.
const RECENT_MS: u64 = 10_000;
/// So many turns are remembered.
const TURNS: usize = 16;

/// The servers that held the state, in the order of their turns.
#[derive(Default)]
pub(super) struct Histories {
    turns: Vec<Turn>,
    /// The nonce of the row that was read last: the same row once more is no sign of life.
    nonce: Option<String>,
}

struct Turn {
    history: History,
    last_ms: u64,
}

impl Histories {
    /// Take note of who wrote the row, and of who was asked for it; the time is that of a monotonic clock.
    /// Answers who else holds the state, where the two take turns.
    pub(super) fn note(
        &mut self,
        nonce: &str,
        writer: Option<&History>,
        asked: &History,
        now_ms: u64,
    ) -> Option<History> {
        if self.nonce.as_deref() != Some(nonce) {
            self.nonce = Some(nonce.to_owned());
            if let Some(writer) = writer {
                self.turn(writer, now_ms);
            }
        }
        self.turn(asked, now_ms);
        let mut earlier = self.turns.iter().rev();
        let other = earlier.find(|turn| turn.history != *asked)?;
        let before = earlier.find(|turn| turn.history == *asked)?;
        let is_recent = now_ms.saturating_sub(before.last_ms) <= RECENT_MS;
        is_recent.then(|| other.history.clone())
    }

    fn turn(&mut self, history: &History, now_ms: u64) {
        match self.turns.last_mut() {
            Some(turn) if turn.history == *history => turn.last_ms = now_ms,
            _ => {
                if self.turns.len() == TURNS {
                    self.turns.remove(0);
                }
                let history = history.clone();
                self.turns.push(Turn {
                    history,
                    last_ms: now_ms,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Looks at (time, nonce, writer, asked), and who is found to take turns with the asked one.
    fn looks(looks: &[(u64, &str, &str, &str, Option<&str>)]) {
        let history = |name: &str| History::new(name).unwrap();
        let mut histories = Histories::default();
        for (now_ms, nonce, writer, asked, expected) in looks {
            let writer = History::new(writer);
            let found = histories.note(nonce, writer.as_ref(), &history(asked), *now_ms);
            assert_eq!(found.as_ref().map(History::as_str), *expected, "{now_ms}");
        }
    }

    #[test]
    fn a_failover_and_one_back_after_a_while_are_none() {
        looks(&[
            (0, "1", "", "a", None),
            (500, "2", "a", "a", None),
            (1_000, "2", "a", "b", None),
            (2_500, "3", "b", "b", None),
            (20_000, "4", "b", "a", None),
            (20_500, "5", "a", "a", None),
        ]);
    }

    #[test]
    fn a_proxy_that_sends_now_here_now_there_is_found_out() {
        looks(&[
            (0, "1", "a", "a", None),
            (1_000, "1", "a", "b", None),
            (2_000, "2", "b", "a", Some("b")),
            (2_100, "2", "b", "b", Some("a")),
            (2_200, "2", "b", "a", Some("b")),
        ]);
    }

    #[test]
    fn two_primaries_over_one_state_are_found_out_again_and_again() {
        looks(&[
            (0, "1", "a", "a", None),
            // Another process, at another server.
            (3_000, "2", "b", "a", Some("b")),
            (5_000, "2", "b", "a", Some("b")),
            (7_000, "3", "b", "a", Some("b")),
            (15_000, "3", "b", "a", Some("b")),
            // The other has been quiet since.
            (15_001, "3", "b", "a", None),
            (15_500, "4", "a", "a", None),
            (17_000, "5", "b", "a", Some("b")),
        ]);
    }
}
