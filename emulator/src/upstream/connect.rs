//! The `connect` event: its request body, and the handler's response.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderMap};
use serde::{Deserialize, Serialize};

use super::error::UpstreamError;
use crate::names;
use crate::query::Query;
use crate::token::Claims;

/// .NET renames these two claims, and handlers see the new names.
const LONG_NAMES: [(&str, &str); 2] = [
    (
        "sub",
        "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier",
    ),
    (
        "role",
        "http://schemas.microsoft.com/ws/2008/06/identity/claims/role",
    ),
];

/// The handshake request of a client.
#[derive(Debug)]
pub(crate) struct ConnectRequest<'a> {
    pub(crate) claims: &'a Claims,
    pub(crate) query: &'a Query,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) subprotocols: &'a [String],
}

/// The decisions of a handler. An absent member keeps the token's value.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectResponse {
    pub(crate) user_id: Option<String>,
    pub(crate) groups: Option<Vec<String>>,
    pub(crate) roles: Option<Vec<String>>,
    pub(crate) subprotocol: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    claims: BTreeMap<&'a str, Vec<String>>,
    query: BTreeMap<&'a str, Vec<&'a str>>,
    headers: BTreeMap<String, Vec<String>>,
    subprotocols: &'a [String],
    client_certificates: [(); 0],
}

impl ConnectRequest<'_> {
    pub(super) fn body(&self) -> Bytes {
        let mut claims = BTreeMap::new();
        for name in self.claims.names() {
            let long = LONG_NAMES.iter().find(|(short, _)| *short == name);
            claims.insert(
                long.map_or(name, |(_, long)| long),
                self.claims.strings(name),
            );
        }
        let mut query: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in self
            .query
            .iter()
            .filter(|(name, _)| *name != "access_token")
        {
            query.entry(name).or_default().push(value);
        }
        let mut headers: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, value) in self.headers {
            if *name != AUTHORIZATION && !name.as_str().starts_with("x-asrs-internal-") {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                headers
                    .entry(title_case(name.as_str()))
                    .or_default()
                    .push(value);
            }
        }
        let body = Body {
            claims,
            query,
            headers,
            subprotocols: self.subprotocols,
            client_certificates: [],
        };
        serde_json::to_vec(&body).unwrap_or_default().into()
    }
}

/// Header names in their usual spelling, for handlers that look them up that way.
fn title_case(name: &str) -> String {
    let mut start = true;
    let titled: String = name
        .chars()
        .map(|c| {
            let c = if start { c.to_ascii_uppercase() } else { c };
            start = c == '-';
            c
        })
        .collect();
    titled.replace("Websocket", "WebSocket")
}

impl ConnectResponse {
    /// An empty body or `null` decides nothing.
    pub(super) fn parse(body: &[u8]) -> Result<Self, UpstreamError> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        let admission: Option<Self> = serde_json::from_slice(body).map_err(|_| {
            UpstreamError::Unusable("its body is not the JSON of a connect response")
        })?;
        let admission = admission.unwrap_or_default();
        if admission
            .groups
            .iter()
            .flatten()
            .all(|group| names::is_group(group))
        {
            Ok(admission)
        } else {
            Err(UpstreamError::Unusable("it names an invalid group"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_response_decides_nothing() {
        assert_eq!(
            ConnectResponse::parse(b"").unwrap(),
            ConnectResponse::default()
        );
        assert_eq!(
            ConnectResponse::parse(b"null").unwrap(),
            ConnectResponse::default()
        );
        assert_eq!(
            ConnectResponse::parse(b"{\"other\":1,\"roles\":null}").unwrap(),
            ConnectResponse::default()
        );
    }

    #[test]
    fn empty_members_count() {
        let admission =
            ConnectResponse::parse(br#"{"userId":"","roles":[],"groups":["g"],"subprotocol":"s"}"#)
                .unwrap();

        assert_eq!(admission.user_id.as_deref(), Some(""));
        assert_eq!(admission.roles, Some(Vec::new()));
        assert_eq!(admission.groups, Some(vec!["g".to_owned()]));
        assert_eq!(admission.subprotocol.as_deref(), Some("s"));
    }

    #[test]
    fn an_invalid_response_is_refused() {
        assert!(ConnectResponse::parse(b"{").is_err());
        assert!(ConnectResponse::parse(br#"{"groups":["  "]}"#).is_err());
        assert!(ConnectResponse::parse(br#"{"userId":5}"#).is_err());
    }

    #[test]
    fn the_handler_sees_no_credentials() {
        let query = Query::parse("access_token=secret&k=1&k=2&sb=q%20r");
        let headers = HeaderMap::from_iter([
            (AUTHORIZATION, "Bearer secret".parse().unwrap()),
            (http::header::SEC_WEBSOCKET_KEY, "x".parse().unwrap()),
        ]);
        let request = ConnectRequest {
            claims: &Claims::default(),
            query: &query,
            headers: &headers,
            subprotocols: &[],
        };

        let body: serde_json::Value = serde_json::from_slice(&request.body()).unwrap();

        assert_eq!(
            body,
            serde_json::json!({
                "claims": {}, "query": {"k": ["1", "2"], "sb": ["q r"]},
                "headers": {"Sec-WebSocket-Key": ["x"]}, "subprotocols": [], "clientCertificates": [],
            })
        );
    }
}
