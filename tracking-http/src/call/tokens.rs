//! Who may call, by the file of `--tokens`.

mod caller;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use subtle::ConstantTimeEq;
use tracking_programs::tokens::file::{self, TokenFileError};
use tracking_programs::tokens::{Count, TokenDigest, TokenEntry, TokenName};

pub(crate) use self::caller::Caller;
use crate::api::problems::Unauthorized;
use crate::call::rate::{Limiter, RateClock};

/// The most bytes of a token. Ours have 47; what is longer is not even hashed, so that nobody can make the
/// server hash kilobytes.
const TOKEN_LENGTH_MAX: usize = 256;

/// All tokens of the file, as they were when it was read.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// By [`TokenDigest::index`].
    known: Vec<Known>,
}

#[derive(Debug)]
struct Known {
    index: u64,
    caller: Arc<Caller>,
}

impl Tokens {
    /// Read a file. Names whose rate is as it was in `before` go on with what they have taken.
    pub(crate) fn read(
        path: &Path,
        before: Option<&Self>,
        clock: &RateClock,
    ) -> Result<Self, TokenFileError> {
        Ok(Self::new(file::read(path)?, before, clock))
    }

    fn new(entries: Vec<TokenEntry>, before: Option<&Self>, clock: &RateClock) -> Self {
        let mut known: Vec<Known> = Vec::with_capacity(entries.len());
        // Those of one name share one limiter, new ones among themselves.
        let mut limiters: HashMap<TokenName, Arc<Limiter>> = HashMap::new();
        for known in before.iter().flat_map(|before| &before.known) {
            let Caller { entry, limiter } = &*known.caller;
            if let Some(limiter) = limiter {
                let name = entry.name.clone();
                limiters.entry(name).or_insert_with(|| Arc::clone(limiter));
            }
        }
        for entry in entries {
            let limiter = entry.rate.map(|rate| {
                let found = limiters.get(&entry.name);
                match found.filter(|found| found.rate().rate() == rate) {
                    Some(found) => Arc::clone(found),
                    None => {
                        let new = Arc::new(Limiter::new(rate, clock.clone()));
                        limiters.insert(entry.name.clone(), Arc::clone(&new));
                        new
                    }
                }
            });
            known.push(Known {
                index: entry.digest.index(),
                caller: Arc::new(Caller { entry, limiter }),
            });
        }
        known.sort_by_key(|known| known.index);
        Self { known }
    }

    /// Whose token this is.
    ///
    /// It is looked up by the first 8 bytes of its SHA-256, and only then compared in constant time. The time
    /// of the look-up tells at most whether these 8 bytes are those of a known digest. That is of no use to
    /// whoever asks: they know the digest of what they sent already; to choose its bytes they would have to
    /// invert SHA-256; and no part of a digest tells anything about the 256 random bits of a token.
    pub(crate) fn find(&self, presented: &[u8], now_ms: i64) -> Result<&Arc<Caller>, Unauthorized> {
        if presented.len() > TOKEN_LENGTH_MAX {
            return Err(Unauthorized::Unknown);
        }
        self.find_digest(&TokenDigest::of(presented), now_ms)
    }

    /// Whose token has this digest.
    pub(crate) fn find_digest(
        &self,
        digest: &TokenDigest,
        now_ms: i64,
    ) -> Result<&Arc<Caller>, Unauthorized> {
        let index = digest.index();
        let first = self.known.partition_point(|known| known.index < index);
        let known = self.known[first..]
            .iter()
            .take_while(|known| known.index == index)
            .find(|known| known.caller.entry.digest.ct_eq(digest).into())
            .ok_or(Unauthorized::Unknown)?;
        if known.caller.entry.is_expired(now_ms) {
            return Err(Unauthorized::Expired);
        }
        Ok(&known.caller)
    }

    /// How many there are.
    pub(crate) fn count(&self, now_ms: i64) -> Count {
        Count::of(self.known.iter().map(|known| &known.caller.entry), now_ms)
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use governor::clock::FakeRelativeClock;
    use tracking_programs::tokens::Scope;

    use super::*;

    const NOW_MS: i64 = 1_798_761_600_000;

    fn table(name: &str, token: &str, more: &str) -> String {
        let digest = TokenDigest::of(token.as_bytes());
        format!(
            "[[token]]\nname = \"{name}\"\nsha256 = \"{digest}\"\nscopes = [\"issue\"]\n{more}\n"
        )
    }

    fn parse(text: &str, before: Option<&Tokens>) -> Tokens {
        let clock = RateClock::Manual(FakeRelativeClock::default());
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Tokens::read(file.path(), before, &clock).unwrap()
    }

    #[test]
    fn finds_whose_a_token_is_and_nobody_for_another() {
        let text: String = (0..1_000)
            .map(|i| table(&format!("shop-{i}"), &format!("trk_{i}"), ""))
            .collect();
        let tokens = parse(&text, None);
        for i in 0..1_000 {
            let found = tokens.find(format!("trk_{i}").as_bytes(), NOW_MS);
            assert_eq!(found.unwrap().name(), format!("shop-{i}"));
        }
        for other in [
            "",
            "trk_",
            "trk_1000",
            "trk_1 ",
            "TRK_1",
            &"x".repeat(10_000),
        ] {
            let found = tokens.find(other.as_bytes(), NOW_MS).map(|_| ());
            assert_eq!(found, Err(Unauthorized::Unknown), "{other:?}");
        }
        let nobody = parse("", None).find(b"trk_1", NOW_MS).map(|_| ());
        assert_eq!(nobody, Err(Unauthorized::Unknown));
    }

    #[test]
    fn who_shares_only_the_first_bytes_is_somebody_else() {
        let digest = TokenDigest::of(b"trk_1").to_string();
        let near = format!("{}{}", &digest[..62], "00");
        assert_ne!(near, digest);
        let text = format!("[[token]]\nname = \"a\"\nsha256 = \"{near}\"\nscopes = [\"read\"]");
        let tokens = parse(&text, None);
        let found = tokens.find(b"trk_1", NOW_MS).map(|_| ());
        assert_eq!(found, Err(Unauthorized::Unknown));
        let tokens = parse(&format!("{text}\n{}", table("b", "trk_1", "")), None);
        assert_eq!(tokens.find(b"trk_1", NOW_MS).unwrap().name(), "b");
    }

    #[test]
    fn a_token_is_good_until_it_expires() {
        let tokens = parse(
            &table("a", "trk_1", "expires = 2027-01-01T01:00:00+01:00"),
            None,
        );
        assert!(tokens.find(b"trk_1", NOW_MS - 1).is_ok());
        let found = tokens.find(b"trk_1", NOW_MS).map(|_| ());
        assert_eq!(found, Err(Unauthorized::Expired));
        let count = |now_ms| tokens.count(now_ms).to_string();
        assert_eq!(count(NOW_MS - 1), "1 token of 1 name");
        assert_eq!(count(NOW_MS), "1 token of 1 name, 1 expired");
        let in_force = [NOW_MS - 1, NOW_MS].map(|now_ms| tokens.count(now_ms).in_force());
        assert_eq!(in_force, [1, 0]);
    }

    #[test]
    fn a_file_of_the_greatest_length_is_read_at_once() {
        // Each has a name and a rate of its own, so that each is compared with all that may conflict.
        let tables: Vec<String> = (0..5_000)
            .map(|i| table(&format!("shop-{i}"), &format!("trk_{i}"), "rate = 1"))
            .collect();
        let text = tables.concat() + &"\n".repeat(100_000);
        assert!(
            (700_000..1024 * 1024).contains(&text.len()),
            "{}",
            text.len()
        );
        let began = std::time::Instant::now();
        let tokens = parse(&text, None);
        let again = parse(&text, Some(&tokens));
        let took = began.elapsed();
        assert!(took < std::time::Duration::from_secs(4), "took {took:?}");
        assert_eq!(again.count(NOW_MS).to_string(), "5000 tokens of 5000 names");
    }

    #[test]
    fn tokens_of_one_name_share_its_rate_and_a_reload_forgets_nothing() {
        let rate = "rate = 1\nburst = 3";
        let text = table("a", "trk_1", rate) + &table("a", "trk_2", rate);
        let take = |tokens: &Tokens, token: &str| {
            let caller = tokens.find(token.as_bytes(), NOW_MS).unwrap();
            let limiter = caller.limiter().unwrap();
            limiter.take(&(), NonZeroU32::MIN).is_ok()
        };
        let tokens = parse(&text, None);
        assert!(take(&tokens, "trk_1") && take(&tokens, "trk_2") && take(&tokens, "trk_1"));
        assert!(!take(&tokens, "trk_2"));
        assert_eq!(tokens.count(0).to_string(), "2 tokens of 1 name");

        // A new token of the name, and another name beside it.
        let text = table("b", "trk_4", rate) + &table("a", "trk_3", rate);
        let tokens = parse(&text, Some(&tokens));
        assert!(!take(&tokens, "trk_3"));
        assert!(take(&tokens, "trk_4"));
        // Another rate begins anew.
        let tokens = parse(&table("a", "trk_3", "rate = 1\nburst = 4"), Some(&tokens));
        assert!(take(&tokens, "trk_3"));
        // None at all.
        let tokens = parse(&table("a", "trk_3", ""), Some(&tokens));
        let caller = tokens.find(b"trk_3", NOW_MS).unwrap();
        assert!(caller.limiter().is_none());
        assert!(caller.may(Scope::Issue) && !caller.may(Scope::Read));
    }
}
