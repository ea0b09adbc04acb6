//! How often one caller may negotiate, or guess. Counted by each instance for itself.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};

use crate::ids::target::RoomId;
use crate::ids::user_id::UserId;

const WINDOW_SECONDS: i64 = 60;
/// Counting more callers than this is not worth the memory.
const MAX_TRACKED_CALLERS: usize = 10_000;

/// Whose calls are counted together. A user whose id looks like an address is still a user.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum RateLimitKey {
    User(UserId),
    Address(Option<IpAddr>),
    /// Their wrong passwords for a room.
    Guess(Box<RateLimitKey>, RoomId),
}

/// The rest of the minute must be waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many calls")]
pub struct RateLimited {
    pub retry_after_seconds: u64,
}

impl RateLimitKey {
    /// One line of IPv6 holds more addresses than anybody can count, so its /64 stands for them.
    pub fn at(address: Option<IpAddr>) -> Self {
        Self::Address(address.map(|address| match address {
            IpAddr::V4(_) => address,
            IpAddr::V6(address) => {
                let network = address.to_bits() & (u128::MAX << 64);
                Ipv6Addr::from_bits(network).into()
            }
        }))
    }
}

/// So many calls in any minute, counted from a caller's first.
#[derive(Debug)]
pub struct RateLimit {
    most: Option<u32>,
    callers: Mutex<HashMap<RateLimitKey, Window>>,
}

#[derive(Debug)]
struct Window {
    began: i64,
    calls: u32,
}

impl RateLimit {
    /// `None` admits everybody.
    pub fn new(most: Option<u32>) -> Self {
        Self {
            most,
            callers: Mutex::default(),
        }
    }

    pub fn admit(&self, caller: RateLimitKey, now: i64) -> Result<(), RateLimited> {
        let Some(most) = self.most else {
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
        if window.calls >= most {
            let wait = (window.began + WINDOW_SECONDS - now).max(1);
            return Err(RateLimited {
                retry_after_seconds: wait.unsigned_abs(),
            });
        }
        window.calls += 1;
        Ok(())
    }

    /// Takes back one call that should not count.
    pub fn refund(&self, caller: &RateLimitKey) {
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = callers.get_mut(caller) {
            window.calls = window.calls.saturating_sub(1);
        }
    }
}

/// Those whose minute is over; in a flood everybody. Refusing whoever is new would turn away
/// honest callers in the flood's place.
fn forget(callers: &mut HashMap<RateLimitKey, Window>, now: i64) {
    callers.retain(|_, window| now - window.began < WINDOW_SECONDS);
    if callers.len() > MAX_TRACKED_CALLERS / 2 {
        tracing::warn!(
            "more than {MAX_TRACKED_CALLERS} callers in a minute: their counts begin anew"
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
    fn a_flood_fills_no_memory_and_turns_nobody_away() {
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
    fn a_line_of_ipv6_is_one_caller() {
        let at = |address: &str| RateLimitKey::at(Some(address.parse().unwrap()));

        assert_eq!(at("2001:db8::1"), at("2001:db8::ffff:1"));
        assert_ne!(at("2001:db8::1"), at("2001:db8:0:1::1"));
        assert_ne!(at("1.2.3.4"), at("1.2.3.5"));
    }
}
