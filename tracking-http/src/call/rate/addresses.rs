//! The rates of client addresses.

use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;

use super::limiter::{Limiter, Tallies};
use super::tally::Tally;

/// How much each client address has taken, and may take.
pub(crate) type Addresses = Limiter<Table>;

/// Whom a rate counts as one: an IPv4 address, the /64 of an IPv6 address, since a host has all of it to
/// choose from; or all whose address is not known, which is so on a Unix socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Client {
    V4([u8; 4]),
    V6([u8; 8]),
    Unknown,
}

impl From<Option<IpAddr>> for Client {
    fn from(address: Option<IpAddr>) -> Self {
        match address.map(|address| address.to_canonical()) {
            Some(IpAddr::V4(address)) => Self::V4(address.octets()),
            Some(IpAddr::V6(address)) => {
                let (net, _host) = address
                    .octets()
                    .split_first_chunk()
                    .map_or_else(|| ([0; 8], &[][..]), |(net, host)| (*net, host));
                Self::V6(net)
            }
            None => Self::Unknown,
        }
    }
}

impl From<Client> for u128 {
    fn from(client: Client) -> Self {
        match client {
            Client::Unknown => 0,
            Client::V4(address) => 1 << 32 | Self::from(u32::from_be_bytes(address)),
            Client::V6(net) => 1 << 33 | Self::from(u64::from_be_bytes(net)) << 64,
        }
    }
}

/// The slots of a [`Table`].
const SLOTS: usize = 1 << 16;

/// What `governor` keeps of each client, half a MiB for all there are.
///
/// A map of clients would grow with everyone who sends one request, and an attacker has addresses by the
/// billion; so it would need a cap, and a rule for who is let in when it is reached. Here there is nothing
/// to grow, to sweep or to lock. The price: two clients that meet in a slot share one rate. That is so for
/// a given one with the chance (other clients at present) / 65,536, and nobody can choose whom to meet,
/// since the hash has a secret of its own in each process.
pub(crate) struct Table {
    slots: Box<[Tally]>,
    hasher: RandomState,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            slots: std::iter::repeat_with(Tally::default).take(SLOTS).collect(),
            hasher: RandomState::new(),
        }
    }
}

impl Tallies for Table {
    type Key = Client;

    fn tally(&self, client: &Client) -> &Tally {
        &self.slots[self.hasher.hash_one(client) as usize % SLOTS]
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;
    use tracking_programs::tokens::TokenRate;

    use super::*;
    use crate::call::rate::{Left, RateClock, Refused};

    fn addresses(rate: u32, burst: u32) -> (Addresses, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let rate = TokenRate::new(rate, Some(burst)).unwrap();
        let addresses = Addresses::new(rate, RateClock::Manual(clock.clone()));
        (addresses, clock)
    }

    fn client(text: &str) -> Client {
        Some(text.parse::<IpAddr>().unwrap()).into()
    }

    #[test]
    fn who_counts_as_one() {
        assert_eq!(client("::ffff:192.0.2.1"), client("192.0.2.1"));
        assert_eq!(client("2001:db8:0:1::1"), client("2001:db8:0:1:ffff::2"));
        assert_ne!(client("2001:db8:0:1::1"), client("2001:db8:0:2::1"));
        assert_ne!(client("192.0.2.1"), client("192.0.2.2"));
        assert_ne!(client("0.0.0.0"), None.into());
    }

    #[test]
    fn one_address_has_its_rate_and_takes_nothing_from_another() {
        let (addresses, clock) = addresses(1, 2);
        let one = NonZeroU32::MIN;
        let noisy = client("192.0.2.1");
        assert_eq!(addresses.take(&noisy, one), Ok(Left(1)));
        assert_eq!(addresses.take(&noisy, one), Ok(Left(0)));
        let after = Duration::from_secs(1);
        let left = Left(0);
        assert_eq!(addresses.take(&noisy, one), Err(Refused { left, after }));
        // Each meets the noisy one in its slot 1 time in 65,536.
        let others = (0..10).map(|host| Client::V4([198, 51, 100, host]));
        let served = others.filter(|&other| addresses.take(&other, one).is_ok());
        assert!(served.count() >= 8);
        clock.advance(after);
        assert_eq!(addresses.take(&noisy, one), Ok(Left(0)));
    }

    #[test]
    fn a_crowd_of_addresses_needs_no_more_memory_and_loses_nobody_for_good() {
        let (addresses, clock) = addresses(1, 1);
        let one = NonZeroU32::MIN;
        let crowd = || (0..200_000_u32).map(|bits| Client::V4(bits.to_be_bytes()));
        let served = crowd().filter(|&client| addresses.take(&client, one).is_ok());
        // All but 5 % of the slots are met by 3 in each on average.
        let served = served.count();
        assert!((60_000..=SLOTS).contains(&served), "{served}");
        clock.advance(Duration::from_secs(1));
        let served = crowd().filter(|&client| addresses.take(&client, one).is_ok());
        assert!(served.count() > 60_000);
    }
}
