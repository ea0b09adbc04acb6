//! Limits the control API to programs on this machine, and excludes foreign web pages.

use std::net::{IpAddr, SocketAddr};

use http::Uri;
use http::header::{HOST, HeaderMap, HeaderName, ORIGIN};

/// A foreign web page is recognised by its `Origin`, or by its `Host` if its name resolves to this
/// machine.
pub(super) fn admits(peer: SocketAddr, headers: &HeaderMap) -> bool {
    let local = |name: &HeaderName| match headers.get(name) {
        Some(value) => value.to_str().is_ok_and(is_local),
        None => *name == ORIGIN,
    };
    peer.ip().to_canonical().is_loopback() && local(&HOST) && local(&ORIGIN)
}

/// A host with or without a port, or an origin.
fn is_local(value: &str) -> bool {
    let Ok(uri) = value.parse::<Uri>() else {
        return false;
    };
    let Some(host) = uri.host() else { return false };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admitted(peer: &str, host: Option<&'static str>, origin: Option<&'static str>) -> bool {
        let given = [(HOST, host), (ORIGIN, origin)];
        let headers = given
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?.parse().unwrap())));
        admits(format!("{peer}:5000").parse().unwrap(), &headers.collect())
    }

    #[test]
    fn programs_on_this_machine_may_call() {
        assert!(admitted("127.0.0.1", Some("localhost:8080"), None));
        assert!(admitted(
            "127.0.0.1",
            Some("127.0.0.1"),
            Some("http://localhost:3000")
        ));
        assert!(admitted("[::1]", Some("[::1]:8080"), None));
    }

    #[test]
    fn others_may_not() {
        assert!(!admitted("10.0.0.1", Some("localhost:8080"), None));
        assert!(!admitted("127.0.0.1", Some("evil.example"), None));
        assert!(!admitted("127.0.0.1", None, None));
        assert!(!admitted(
            "127.0.0.1",
            Some("localhost"),
            Some("https://evil.example")
        ));
        assert!(!admitted("127.0.0.1", Some("localhost"), Some("null")));
    }
}
