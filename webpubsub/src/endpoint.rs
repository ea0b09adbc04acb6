//! The address of a Web PubSub service.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

use crate::client_protocol::ClientProtocol;
use crate::hub::HubName;

/// Scheme, host and port of a Web PubSub service, and nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// Always `scheme://host[:port]` with a root path; the standard port is left out.
    url: Url,
}

impl Endpoint {
    /// The endpoint without a trailing slash, for instance `https://demo.webpubsub.azure.com`.
    pub fn as_str(&self) -> &str {
        self.url.as_str().trim_end_matches('/')
    }

    /// The host in lower case, without the port.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The port, or the scheme's default port if the endpoint names none.
    pub fn port(&self) -> u16 {
        self.url.port_or_known_default().unwrap_or_default()
    }

    /// `host`, or `host:port` if the port is not the scheme's default.
    pub fn authority(&self) -> &str {
        let text = self.as_str();
        text.split_once("://").map_or(text, |(_, rest)| rest)
    }

    /// Whether the scheme is https.
    pub fn is_secure(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The WebSocket URL for clients of `hub`, without a token.
    pub fn client_url(&self, hub: &HubName, protocol: ClientProtocol) -> String {
        let scheme = if self.is_secure() { "wss" } else { "ws" };
        let path = protocol.path();
        [scheme, "://", self.authority(), path, hub.as_str()].concat()
    }

    /// The `aud` claim of a client token: the client URL with `http` in place of `ws`.
    pub fn client_audience(&self, hub: &HubName, protocol: ClientProtocol) -> String {
        [self.as_str(), protocol.path(), hub.as_str()].concat()
    }

    pub(crate) fn with_port(mut self, port: u16) -> Self {
        // Setting a port fails only on a URL without a host, and an endpoint has a host.
        let _ = self.url.set_port(Some(port));
        self
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(raw: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(raw).map_err(|_| EndpointError::NotAUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(EndpointError::Scheme);
        }
        if url.host().is_none_or(|host| host == Host::Domain("")) {
            return Err(EndpointError::NotAUrl);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointError::UserInfo);
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(EndpointError::NotAnOrigin);
        }
        Ok(Self { url })
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an endpoint is not valid. No error shows the text, because it may contain a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EndpointError {
    /// It is not a URL with a host.
    #[error("it is not a URL with a host")]
    NotAUrl,
    /// The scheme is neither `http` nor `https`.
    #[error("its scheme is neither http nor https")]
    Scheme,
    /// It contains a user name or password, which would never be sent.
    #[error("it contains a user name or password")]
    UserInfo,
    /// It has more than a scheme, a host and a port.
    #[error("it has a path, a query or a fragment")]
    NotAnOrigin,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn endpoint(raw: &str) -> Endpoint {
        raw.parse().unwrap()
    }

    #[test]
    fn the_host_is_lower_case_and_has_no_port() {
        let endpoint = endpoint("https://Demo.WebPubSub.azure.com:8443/");

        assert_eq!(endpoint.host(), "demo.webpubsub.azure.com");
        assert_eq!(endpoint.authority(), "demo.webpubsub.azure.com:8443");
        assert_eq!(
            endpoint.to_string(),
            "https://demo.webpubsub.azure.com:8443"
        );
    }

    #[test]
    fn the_schemes_default_port_is_omitted() {
        let endpoint = endpoint("https://demo.webpubsub.azure.com:443");

        assert_eq!(endpoint.as_str(), "https://demo.webpubsub.azure.com");
        assert_eq!(endpoint.port(), 443);
    }

    #[test]
    fn a_client_url_uses_ws_for_http_and_wss_for_https() {
        let hub: HubName = "Chat_Hub".parse().unwrap();
        let local = endpoint("http://localhost:8080");
        let cloud = endpoint("https://demo.webpubsub.azure.com");

        assert_eq!(
            local.client_url(&hub, ClientProtocol::Default),
            "ws://localhost:8080/client/hubs/Chat_Hub"
        );
        assert_eq!(
            cloud.client_url(&hub, ClientProtocol::Mqtt),
            "wss://demo.webpubsub.azure.com/clients/mqtt/hubs/Chat_Hub"
        );
    }

    #[test]
    fn the_audience_keeps_the_http_scheme() {
        let hub: HubName = "Chat_Hub".parse().unwrap();

        let audience =
            endpoint("http://localhost:37455/").client_audience(&hub, ClientProtocol::Default);

        assert_eq!(audience, "http://localhost:37455/client/hubs/Chat_Hub");
    }

    #[test]
    fn anything_but_an_origin_is_refused() {
        let cases = [
            ("localhost:8080", EndpointError::Scheme),
            ("ws://localhost", EndpointError::Scheme),
            ("https://", EndpointError::NotAUrl),
            ("nonsense", EndpointError::NotAUrl),
            ("https://me@host", EndpointError::UserInfo),
            ("https://:pw@host", EndpointError::UserInfo),
            ("https://host/hub", EndpointError::NotAnOrigin),
            ("https://host/?a", EndpointError::NotAnOrigin),
            ("https://host/#a", EndpointError::NotAnOrigin),
        ];

        for (raw, expected) in cases {
            assert_eq!(raw.parse::<Endpoint>(), Err(expected), "{raw}");
        }
    }
}
