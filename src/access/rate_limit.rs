//! Limits how often a caller may negotiate, guess a password or create a chat. Each instance counts
//! separately.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use crate::ids::target::RoomId;
use crate::ids::user_id::UserId;
use crate::store::hash::hash;

const WINDOW_SECONDS: i64 = 60;
/// Bounds the memory for counts.
const MAX_TRACKED_CALLERS: usize = 10_000;

/// Calls with the same key are counted together. Users and addresses never share a key, even if
/// a user's id looks like an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RateLimitKey {
    User(UserId),
    Address(Option<IpAddr>),
    /// The same, after `negotiate`. Connections that did not negotiate share the one without a
    /// hash.
    AddressHash(Option<String>),
    /// Wrong passwords of a caller for a room.
    Guess(Box<RateLimitKey>, RoomId),
}

/// The caller must wait for the rest of the minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many calls")]
pub struct RateLimited {
    pub retry_after_seconds: u64,
}

impl RateLimitKey {
    /// An IPv6 customer has a whole /64 network, so all its addresses count as one.
    pub fn at(address: Option<IpAddr>) -> Self {
        Self::Address(address.map(|address| match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let network = address.to_bits() & (u128::MAX << 64);
                Ipv6Addr::from_bits(network).into()
            }
        }))
    }

    /// A hash that stands for the caller where tokens are counted: a user's own, as in chats.
    pub fn hash(&self) -> String {
        match self {
            Self::User(user) => user.group_hash(),
            Self::Address(_) => self.address_hash().unwrap_or_else(|| hash(&["no address"])),
            Self::AddressHash(hashed) => hashed.clone().unwrap_or_else(|| hash(&["no address"])),
            Self::Guess(caller, _) => caller.hash(),
        }
    }

    /// A hash of the address, if this is one: it travels with the binding, which clients can read.
    pub fn address_hash(&self) -> Option<String> {
        match self {
            Self::Address(Some(address)) => Some(hash(&["address", &address.to_string()])),
            Self::Address(None) | Self::AddressHash(_) | Self::User(_) | Self::Guess(..) => None,
        }
    }
}

/// A limit of calls in one minute, which begins with a caller's first call.
#[derive(Debug)]
pub struct RateLimit {
    max: Option<u32>,
    callers: Mutex<HashMap<RateLimitKey, Window>>,
}

#[derive(Debug)]
struct Window {
    began: i64,
    calls: u32,
}

impl RateLimit {
    /// `None` is no limit.
    pub fn new(max: Option<u32>) -> Self {
        Self {
            max,
            callers: Mutex::default(),
        }
    }

    pub fn admit(&self, caller: RateLimitKey, now: i64) -> Result<(), RateLimited> {
        let Some(max) = self.max else {
            return Ok(());
        };
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= MAX_TRACKED_CALLERS && !callers.contains_key(&caller) {
            forget(&mut callers, now);
        }
        let fresh = || Window {
            began: now,
            calls: 0,
        };
        let window = callers.entry(caller).or_insert_with(fresh);
        if now - window.began >= WINDOW_SECONDS {
            *window = fresh();
        }
        if window.calls >= max {
            let wait = (window.began + WINDOW_SECONDS - now).max(1);
            return Err(RateLimited {
                retry_after_seconds: wait.unsigned_abs(),
            });
        }
        window.calls += 1;
        Ok(())
    }

    /// Uncounts one call.
    pub fn refund(&self, caller: &RateLimitKey) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = callers.get_mut(caller) {
            window.calls = window.calls.saturating_sub(1);
        }
    }
}

/// Forgets callers whose minute is over, and in a flood all of them: to refuse new callers instead
/// would lock out honest ones.
fn forget(callers: &mut HashMap<RateLimitKey, Window>, now: i64) {
    callers.retain(|_, window| now - window.began < WINDOW_SECONDS);
    if callers.len() > MAX_TRACKED_CALLERS / 2 {
        tracing::warn!(
            "more than {MAX_TRACKED_CALLERS} callers in a minute: all counts were reset"
        );
        callers.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> RateLimitKey {
        RateLimitKey::User(UserId::parse(name).unwrap())
    }

    #[test]
    fn a_caller_waits_for_the_rest_of_the_minute() {
        let limit = RateLimit::new(Some(2));

        assert!(limit.admit(user("alice"), 100).is_ok());
        assert!(limit.admit(user("alice"), 130).is_ok());
        let refused = limit.admit(user("alice"), 159).unwrap_err();
        assert_eq!(refused.retry_after_seconds, 1);
        assert!(limit.admit(user("bob"), 159).is_ok());
        assert!(limit.admit(user("alice"), 160).is_ok());
    }

    #[test]
    fn a_flood_neither_fills_the_memory_nor_locks_callers_out() {
        let limit = RateLimit::new(Some(1));
        for n in 0..3 * MAX_TRACKED_CALLERS {
            limit.admit(user(&n.to_string()), 0).unwrap();
        }

        assert!(limit.admit(user("alice"), 0).is_ok());
        assert!(limit.admit(user("alice"), 0).is_err());
        assert!(limit.callers.lock().unwrap().len() <= MAX_TRACKED_CALLERS);
    }

    #[test]
    fn users_and_addresses_do_not_share_a_count() {
        let limit = RateLimit::new(Some(1));
        let address = RateLimitKey::at(Some([1, 2, 3, 4].into()));

        assert!(limit.admit(user("1.2.3.4"), 0).is_ok());
        assert!(limit.admit(address, 0).is_ok());
    }

    #[test]
    fn an_ipv6_network_is_one_caller() {
        let at = |address: &str| RateLimitKey::at(Some(address.parse().unwrap()));

        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_ne!(at("1.2.3.4"), at("1.2.3.5"));
    }
}
