//! How often one caller may negotiate. Counted by each instance for itself.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::problem::Problem;

const WINDOW_SECONDS: i64 = 60;
/// Beyond this, callers whose minute is over are forgotten.
const CROWD: usize = 10_000;

/// So many calls in any minute, counted from a caller's first.
#[derive(Debug)]
pub struct RateLimit {
    most: Option<u32>,
    callers: Mutex<HashMap<String, Window>>,
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

    pub fn admit(&self, caller: &str, now: i64) -> Result<(), Problem> {
        let Some(most) = self.most else {
            return Ok(());
        };
        let mut callers = self.callers.lock().unwrap_or_else(PoisonError::into_inner);
        if callers.len() >= CROWD && !callers.contains_key(caller) {
            callers.retain(|_, window| now - window.began < WINDOW_SECONDS);
            if callers.len() >= CROWD {
                // So many at once are no crowd of ours; memory matters more than their comfort.
                return Err(Problem::rate_limited(WINDOW_SECONDS.unsigned_abs()));
            }
        }
        let window = callers.entry(caller.to_owned()).or_insert(Window {
            began: now,
            calls: 0,
        });
        if now - window.began >= WINDOW_SECONDS {
            *window = Window {
                began: now,
                calls: 0,
            };
        }
        if window.calls >= most {
            let wait = (window.began + WINDOW_SECONDS - now).max(1);
            return Err(Problem::rate_limited(wait.unsigned_abs()));
        }
        window.calls += 1;
        Ok(())
    }
}

/// Who is at the other end of the TCP connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(Option<SocketAddr>);

impl Peer {
    /// The address that stands for an anonymous caller. The last one in `X-Forwarded-For` is
    /// what our own front end saw; those before it are hearsay.
    pub fn address(self, headers: &HeaderMap, trust_forwarded_for: bool) -> String {
        let forwarded = trust_forwarded_for
            .then(|| last_forwarded(headers))
            .flatten();
        let address = forwarded.or(self.0.map(|peer| peer.ip()));
        address.map(|ip| ip.to_string()).unwrap_or_default()
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        Ok(Self(peer.map(|info| info.0)))
    }
}

fn last_forwarded(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?;
    let last = last.to_str().ok()?.rsplit(',').next()?.trim();
    let with_port = || last.parse::<SocketAddr>().map(|address| address.ip()).ok();
    last.parse().ok().or_else(with_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_waits_for_the_rest_of_the_minute() {
        let limit = RateLimit::new(Some(2));

        assert!(limit.admit("alice", 100).is_ok());
        assert!(limit.admit("alice", 130).is_ok());
        assert_eq!(
            limit.admit("alice", 159).unwrap_err().code(),
            "rate_limited"
        );
        assert!(limit.admit("bob", 159).is_ok());
        assert!(limit.admit("alice", 160).is_ok());
    }

    #[test]
    fn a_crowd_does_not_fill_the_memory() {
        let limit = RateLimit::new(Some(1));
        for n in 0..CROWD {
            limit.admit(&n.to_string(), 0).unwrap();
        }

        assert!(limit.admit("one more", 1).is_err());
        assert!(limit.admit("one more", 60).is_ok());
        assert_eq!(limit.callers.lock().unwrap().len(), 1);
    }

    #[test]
    fn the_last_forwarded_address_counts_without_its_port() {
        let peer = Peer(Some(([127, 0, 0, 1], 9).into()));
        let address = |forwarded: &str, trust| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            peer.address(&headers, trust)
        };

        assert_eq!(address("9.9.9.9, 1.2.3.4:567", true), "1.2.3.4");
        assert_eq!(address("[2001:db8::1]:443", true), "2001:db8::1");
        assert_eq!(address("2001:db8::1", true), "2001:db8::1");
        assert_eq!(address("unknown", true), "127.0.0.1");
        assert_eq!(address("1.2.3.4", false), "127.0.0.1");
    }
}
