//! The network address of a caller.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::HeaderMap;
use axum::http::request::Parts;

/// The address at the other end of the TCP connection.
#[derive(Debug, Clone, Copy)]
pub struct Peer(Option<SocketAddr>);

impl Peer {
    /// The address that identifies an anonymous caller. The last entry of `X-Forwarded-For` is what
    /// our own front end saw; the earlier ones can be forged.
    pub fn address(self, headers: &HeaderMap, trust_forwarded_for: bool) -> Option<IpAddr> {
        let forwarded = trust_forwarded_for
            .then(|| last_forwarded(headers))
            .flatten();
        let address = forwarded.or(self.0.map(|peer| peer.ip()));
        // An IPv4 address may come mapped into IPv6; all such would share one /64.
        address.map(|address| address.to_canonical())
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
    fn the_last_forwarded_address_counts_without_its_port() {
        let peer = Peer(Some(([127, 0, 0, 1], 9).into()));
        let address = |forwarded: &str, trust| {
            let mut headers = HeaderMap::new();
            headers.insert("x-forwarded-for", forwarded.parse().unwrap());
            peer.address(&headers, trust).unwrap().to_string()
        };

        assert_eq!(address("9.9.9.9, 1.2.3.4:567", true), "1.2.3.4");
        assert_eq!(address("[2001:db8::1]:443", true), "2001:db8::1");
        assert_eq!(address("2001:db8::1", true), "2001:db8::1");
        assert_eq!(address("::ffff:1.2.3.4", true), "1.2.3.4");
        assert_eq!(address("[::ffff:1.2.3.4]:567", true), "1.2.3.4");
        assert_eq!(address("unknown", true), "127.0.0.1");
        assert_eq!(address("1.2.3.4", false), "127.0.0.1");
    }
}
