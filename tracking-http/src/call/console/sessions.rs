//! Sessions: in memory, bounded, and gone with the process.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use subtle::ConstantTimeEq;
use tracking_programs::tokens::{Token, TokenDigest};

/// How long one lasts.
pub(super) const LIFE: Duration = Duration::from_secs(8 * 60 * 60);

/// As many there are at once: the oldest goes for a new one.
const MAX: usize = 1_024;

/// As many there are of one token, so that none takes the others' places.
const MAX_OF_TOKEN: usize = 32;

/// A session of whoever showed a token.
#[derive(Debug, Clone)]
pub(in crate::call) struct Session {
    /// Of its id, which nobody else has: not even this server keeps that.
    id: TokenDigest,
    /// The token's own.
    pub(super) token: TokenDigest,
    /// What its forms show.
    pub(super) form_token: Arc<str>,
    ends: Instant,
}

/// All of a server, oldest first.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<VecDeque<Session>>);

impl Sessions {
    fn all(&self) -> MutexGuard<'_, VecDeque<Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begin one: its id, 256 random bits. None where the system has no random ones.
    pub(super) fn begin(&self, token: TokenDigest, now: Instant) -> Option<Token> {
        let id = Token::random().ok()?;
        let form_token = Token::random().ok()?;
        let mut all = self.all();
        all.retain(|session| session.ends > now);
        let is_same = |session: &Session| bool::from(session.token.ct_eq(&token));
        if all.iter().filter(|session| is_same(session)).count() >= MAX_OF_TOKEN
            && let Some(oldest) = all.iter().position(is_same)
        {
            all.remove(oldest);
        }
        if all.len() == MAX {
            all.pop_front();
        }
        all.push_back(Session {
            id: TokenDigest::of(id.expose().as_bytes()),
            token,
            form_token: form_token.expose().into(),
            ends: now + LIFE,
        });
        Some(id)
    }

    /// The one with this id, if it has not ended. By its digest, of which the time of the look-up may tell the
    /// first bytes: that is of no use to whoever asks.
    pub(super) fn find(&self, id: &str, now: Instant) -> Option<Session> {
        let id = digest(id)?;
        let all = self.all();
        let mut found = all
            .iter()
            .filter(|session| session.id.index() == id.index());
        let session = found.find(|session| session.id.ct_eq(&id).into())?;
        (session.ends > now).then(|| session.clone())
    }

    pub(super) fn end(&self, id: &str) {
        if let Some(id) = digest(id) {
            self.all()
                .retain(|session| !bool::from(session.id.ct_eq(&id)));
        }
    }
}

/// Of an id. What is longer than any is not even hashed.
fn digest(id: &str) -> Option<TokenDigest> {
    (id.len() <= 64).then(|| TokenDigest::of(id.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str) -> TokenDigest {
        TokenDigest::of(text.as_bytes())
    }

    #[test]
    fn a_session_lasts_for_eight_hours_or_until_it_is_ended() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let id = sessions.begin(token("a"), now).unwrap();
        let find = |after| sessions.find(id.expose(), now + after);
        let session = find(LIFE - Duration::from_secs(1)).unwrap();
        assert!(bool::from(session.token.ct_eq(&token("a"))));
        assert!(find(LIFE).is_none());
        for other in ["", "x", &"x".repeat(1_000), &id.expose()[1..]] {
            assert!(sessions.find(other, now).is_none(), "{other}");
        }
        sessions.end("x");
        assert!(find(Duration::ZERO).is_some());
        sessions.end(id.expose());
        assert!(find(Duration::ZERO).is_none());
    }

    #[test]
    fn there_are_never_too_many_and_no_token_takes_the_others_places() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let shop = sessions.begin(token("shop"), now).unwrap();
        for _ in 0..MAX + 10 {
            sessions.begin(token("noisy"), now).unwrap();
        }
        assert_eq!(sessions.all().len(), 1 + MAX_OF_TOKEN);
        assert!(sessions.find(shop.expose(), now).is_some());
        for count in 0..MAX {
            sessions.begin(token(&count.to_string()), now).unwrap();
        }
        assert_eq!(sessions.all().len(), MAX);
        assert!(sessions.find(shop.expose(), now).is_none());
        // Those that have ended make room.
        sessions.begin(token("shop"), now + LIFE).unwrap();
        assert_eq!(sessions.all().len(), 1);
    }
}
