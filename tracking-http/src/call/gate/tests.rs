use std::fs;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::FakeRelativeClock;
use tempfile::TempDir;
use tracking_programs::tokens::{Scope, TokenDigest};
use warp::http::HeaderValue;
use warp::http::header::{AUTHORIZATION, RETRY_AFTER, WWW_AUTHENTICATE};

use super::*;
use crate::api::asked::Account;

/// A gate with a file of its own and a clock that stands still.
struct Fixture {
    gate: Gate,
    clock: FakeRelativeClock,
    folder: TempDir,
}

const PEER: Option<IpAddr> = Some(IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)));

fn table(name: &str, token: &str, scopes: &str, more: &str) -> String {
    let digest = TokenDigest::of(token.as_bytes());
    format!("[[token]]\nname = \"{name}\"\nsha256 = \"{digest}\"\nscopes = [{scopes}]\n{more}\n")
}

fn gate(tokens: Option<&str>, address_rate: Option<TokenRate>) -> Fixture {
    let clock = FakeRelativeClock::default();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tokens.toml");
    fs::write(&path, tokens.unwrap_or_default()).unwrap();
    let config = GateConfig {
        tokens: tokens.map(|_| path),
        proxies: std::iter::once("192.0.2.1".parse::<Proxy>().unwrap()).collect(),
        address_rate,
        is_open: false,
    };
    let gate = Gate::with_clock(config, RateClock::Manual(clock.clone())).unwrap();
    Fixture {
        gate,
        clock,
        folder,
    }
}

impl Fixture {
    fn rewrite(&self, tokens: &str) {
        fs::write(self.folder.path().join("tokens.toml"), tokens).unwrap();
    }

    fn admit(&self, needed: Scope, token: &str) -> Result<Admission, Box<Response>> {
        self.gate.admit(Need::Scope(needed), &bearer(token), PEER)
    }

    /// What the answer says: its status, and what else to do.
    fn refused(&self, needed: Scope, token: &str) -> (u16, String) {
        let answer = self.admit(needed, token).unwrap_err();
        (answer.status().as_u16(), header(&answer, &WWW_AUTHENTICATE))
    }
}

fn bearer(token: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if !token.is_empty() {
        let value = HeaderValue::try_from(format!("Bearer {token}")).unwrap();
        headers.insert(AUTHORIZATION, value);
    }
    headers
}

fn header(answer: &Response, name: impl warp::http::header::AsHeaderName) -> String {
    let value = answer.headers().get(name);
    value.map_or_else(String::new, |value| value.to_str().unwrap().to_owned())
}

fn fields(admission: &Admission) -> [String; 2] {
    let mut answer = Response::new("".into());
    admission.write_rate_fields(answer.headers_mut());
    ["ratelimit", "ratelimit-policy"].map(|name| header(&answer, name))
}

/// What is left, as an answer says it once a batch of so many numbers is paid for.
fn fields_after(admission: &Admission, numbers: u32) -> [String; 2] {
    let mut answer = Response::new("".into());
    let charge = admission.charge(numbers).ok().unwrap();
    charge.keep(answer.headers_mut());
    ["ratelimit", "ratelimit-policy"].map(|name| header(&answer, name))
}

#[test]
fn without_tokens_everybody_may_everything() {
    let fixture = gate(None, None);
    for scope in Scope::ALL {
        let admission = fixture.admit(scope, "anything").unwrap();
        assert_eq!(admission.caller(), None);
        assert_eq!(fields_after(&admission, u32::MAX), ["", ""]);
        assert_eq!(fields(&admission), ["", ""]);
    }
    assert!(fixture.gate.reload().is_ok());
}

#[test]
fn a_token_opens_what_its_scopes_say() {
    let fixture = gate(
        Some(
            &(table("a", "trk_a", "\"issue\"", "")
                + &table("b", "trk_b", "\"read\", \"metrics\"", "")),
        ),
        None,
    );
    assert_eq!(
        fixture.admit(Scope::Issue, "trk_a").unwrap().caller(),
        Some("a")
    );
    assert_eq!(
        fixture.admit(Scope::Metrics, "trk_b").unwrap().caller(),
        Some("b")
    );
    let forbidden = "Bearer realm=\"tracking\", error=\"insufficient_scope\", scope=\"read\"";
    assert_eq!(
        fixture.refused(Scope::Read, "trk_a"),
        (403, forbidden.to_owned())
    );
    let invalid = "Bearer realm=\"tracking\", error=\"invalid_token\"";
    assert_eq!(
        fixture.refused(Scope::Issue, "trk_c"),
        (401, invalid.to_owned())
    );
    let missing = "Bearer realm=\"tracking\"";
    assert_eq!(fixture.refused(Scope::Issue, ""), (401, missing.to_owned()));
    // What needs no scope needs no token, and takes no wrong one amiss.
    let public = fixture
        .gate
        .admit(Need::Nothing, &bearer("trk_c"), PEER)
        .unwrap();
    assert_eq!(public.caller(), None);
}

#[test]
fn an_expired_token_is_refused() {
    let tokens = table("a", "trk_a", "\"issue\"", "expires = 2020-01-01T00:00:00Z");
    let fixture = gate(Some(&tokens), None);
    assert_eq!(fixture.refused(Scope::Issue, "trk_a").0, 401);
    assert_eq!(
        fixture.gate.count().unwrap().to_string(),
        "1 token of 1 name, 1 expired"
    );
}

#[test]
fn reading_again_revokes_and_a_broken_file_changes_nothing() {
    let old = table("a", "trk_old", "\"issue\"", "");
    let new = table("a", "trk_new", "\"issue\"", "");
    let fixture = gate(Some(&old), None);
    // Both are live while one takes the place of the other.
    fixture.rewrite(&(old.clone() + &new));
    fixture.gate.reload().unwrap();
    assert!(fixture.admit(Scope::Issue, "trk_old").is_ok());
    assert!(fixture.admit(Scope::Issue, "trk_new").is_ok());
    fixture.rewrite(&new);
    fixture.gate.reload().unwrap();
    assert_eq!(fixture.refused(Scope::Issue, "trk_old").0, 401);
    for broken in ["[[token]]\nname = 1", "\u{0}"] {
        fixture.rewrite(broken);
        assert!(fixture.gate.reload().is_err());
        assert!(fixture.admit(Scope::Issue, "trk_new").is_ok());
    }
    // An empty file is right, and lets nobody in.
    fixture.rewrite("");
    fixture.gate.reload().unwrap();
    assert_eq!(fixture.refused(Scope::Issue, "trk_new").0, 401);
}

#[test]
fn a_request_costs_one_and_a_batch_its_numbers() {
    let fixture = gate(
        Some(&table("a", "trk_a", "\"issue\"", "rate = 10\nburst = 100")),
        None,
    );
    let policy = "\"numbers\";q=100;w=10".to_owned();
    let admission = fixture.admit(Scope::Issue, "trk_a").unwrap();
    assert_eq!(
        fields(&admission),
        ["\"numbers\";r=99;t=1".to_owned(), policy.clone()]
    );
    // All that there is.
    assert_eq!(
        fields_after(&admission, 100),
        ["\"numbers\";r=0;t=10".to_owned(), policy.clone()]
    );

    let refusal = fixture.admit(Scope::Issue, "trk_a").unwrap_err();
    assert_eq!(refusal.status(), 429);
    assert_eq!(header(&refusal, RETRY_AFTER), "1");
    assert_eq!(header(&refusal, "ratelimit"), "\"numbers\";r=0;t=10");
    assert_eq!(header(&refusal, "ratelimit-policy"), policy);

    // Half of it is back.
    fixture.clock.advance(Duration::from_secs(5));
    let mut admission = fixture.admit(Scope::Issue, "trk_a").unwrap();
    let refusal = admission.charge(60).err().unwrap();
    assert_eq!(refusal.status(), 429);
    // 59 more are wanted, and 49 are there.
    assert_eq!(header(&refusal, RETRY_AFTER), "1");
    assert_eq!(fields(&admission)[0], "\"numbers\";r=49;t=6");
    // Nothing was taken, and the one is given back.
    admission.give_back(NonZeroU32::MIN, Duration::ZERO);
    assert_eq!(fields(&admission)[0], "\"numbers\";r=50;t=5");
    fixture.clock.advance(Duration::from_secs(1));
    let again = fixture.admit(Scope::Issue, "trk_a").unwrap();
    assert_eq!(fields_after(&again, 60)[0], "\"numbers\";r=0;t=10");

    fixture.clock.advance(Duration::from_secs(1));
    let refusal = admission.charge(101).err().unwrap();
    assert_eq!(refusal.status(), 400);
    assert!(admission.charge(1).is_ok() && admission.charge(0).is_ok());
    assert_eq!(
        fixture.admit(Scope::Read, "trk_a").unwrap_err().status(),
        403
    );
}

/// In whatever way a batch fails: by an answer, or since its client went away.
#[test]
fn what_issues_nothing_costs_nothing() {
    let tokens = table("a", "trk_a", "\"issue\"", "rate = 10\nburst = 100");
    let rate = TokenRate::new(10, Some(100)).ok();
    for (tokens, rate) in [(Some(tokens.as_str()), None), (None, rate)] {
        let fixture = gate(tokens, rate);
        let admit = || fixture.admit(Scope::Issue, "trk_a");
        for _ in 0..10 {
            let mut admission = admit().unwrap();
            drop(admission.charge(100).ok().unwrap());
            admission.give_back(NonZeroU32::MIN, Duration::ZERO);
        }
        // What is issued meanwhile stays taken.
        let slow = admit().unwrap();
        let charge = slow.charge(50).ok().unwrap();
        fields_after(&admit().unwrap(), 40);
        drop(charge);
        assert_eq!(fields(&admit().unwrap())[0], "\"numbers\";r=58;t=5");
        // What has come back by itself is not given back again.
        let (mut early, mut late) = (admit().unwrap(), admit().unwrap());
        fixture.clock.advance(Duration::from_secs(60));
        fields_after(&admit().unwrap(), 100);
        for admission in [&mut early, &mut late] {
            admission.give_back(NonZeroU32::MIN, Duration::from_secs(60));
        }
        assert!(admit().is_err());
    }
}

#[test]
fn an_address_has_a_rate_where_no_good_token_is_shown() {
    let rate = TokenRate::new(1, Some(2)).ok();
    let fixture = gate(Some(&table("a", "trk_a", "\"issue\"", "")), rate);
    assert_eq!(fixture.refused(Scope::Issue, "").0, 401);
    assert_eq!(fixture.refused(Scope::Issue, "trk_b").0, 401);
    assert_eq!(fixture.refused(Scope::Issue, "trk_c").0, 429);
    // Neighbours of a noisy one lose nothing.
    let good = fixture.admit(Scope::Issue, "trk_a").unwrap();
    fields_after(&good, 1_000_000);
    assert_eq!(fields(&good), ["", ""]);
    fixture.clock.advance(Duration::from_secs(1));
    assert_eq!(fixture.refused(Scope::Issue, "trk_c").0, 401);

    // Without tokens anonymous callers are counted, batches by their numbers, each client for itself.
    let fixture = gate(None, rate);
    let from = |client: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", HeaderValue::try_from(client).unwrap());
        fixture
            .gate
            .admit(Need::Scope(Scope::Issue), &headers, PEER)
    };
    let admission = from("198.51.100.1").unwrap();
    assert_eq!(fields(&admission)[0], "\"numbers\";r=1;t=1");
    assert_eq!(admission.charge(3).err().unwrap().status(), 400);
    fields_after(&admission, 2);
    assert_eq!(from("198.51.100.1").unwrap_err().status(), 429);
    assert_eq!(from("6.6.6.6, 198.51.100.1").unwrap_err().status(), 429);
    assert!(from("198.51.100.2").is_ok() || from("198.51.100.3").is_ok());
}

/// Names and customers are in the ledger.
#[test]
fn without_tokens_nobody_reads_the_ledger_of_an_open_server() {
    for (is_open, status) in [(false, None), (true, Some(403))] {
        let config = GateConfig {
            is_open,
            ..GateConfig::default()
        };
        let gate = Gate::new(config).unwrap();
        assert_eq!(gate.shows_ledger(), !is_open);
        let ask = |scope| gate.admit(Need::Scope(scope), &HeaderMap::new(), PEER);
        let found = ask(Scope::Ledger)
            .err()
            .map(|answer| answer.status().as_u16());
        assert_eq!(found, status);
        assert!(ask(Scope::Issue).is_ok() && ask(Scope::Read).is_ok());
    }
}
