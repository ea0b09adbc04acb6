//! The address of a hub.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// A hub's host name, in lower case. A simulated hub on this machine also has a port, and is called
/// without TLS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubHost {
    name: String,
    url: Url,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a host name such as my-hub.azure-devices.net")]
pub struct InvalidHubHost;

impl HubHost {
    /// The endpoint of the REST API.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn as_str(&self) -> &str {
        &self.name
    }
}

impl FromStr for HubHost {
    type Err = InvalidHubHost;

    fn from_str(text: &str) -> Result<Self, InvalidHubHost> {
        let name = text.to_ascii_lowercase();
        let legal = |b: u8| b.is_ascii_alphanumeric() || b".-:[]".contains(&b);
        if !name.bytes().all(legal) {
            return Err(InvalidHubHost);
        }
        let at = |scheme: &str| Url::parse(&format!("{scheme}://{name}")).ok();
        let url = at("https").ok_or(InvalidHubHost)?;
        let url = match url.host() {
            Some(Host::Domain("localhost")) => at("http"),
            Some(Host::Ipv4(address)) if address.is_loopback() => at("http"),
            Some(Host::Ipv6(address)) if address.is_loopback() => at("http"),
            Some(_) => Some(url),
            None => None,
        };
        let url = url.ok_or(InvalidHubHost)?;
        Ok(Self { name, url })
    }
}

impl fmt::Display for HubHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_host_on_this_machine_is_called_without_tls() {
        let url = |text: &str| text.parse::<HubHost>().unwrap().url().to_string();

        assert_eq!(
            url("Shop.azure-devices.net"),
            "https://shop.azure-devices.net/"
        );
        assert_eq!(url("127.0.0.1:4000"), "http://127.0.0.1:4000/");
        assert_eq!(url("localhost:4000"), "http://localhost:4000/");
        assert_eq!(url("10.0.0.1"), "https://10.0.0.1/");
    }

    #[test]
    fn an_address_with_more_than_host_and_port_is_refused() {
        for text in [
            "",
            "https://shop.azure-devices.net",
            "shop.azure-devices.net/twins",
            "user@shop",
            "a b",
            "shop?x",
        ] {
            assert!(text.parse::<HubHost>().is_err(), "{text}");
        }
    }
}
