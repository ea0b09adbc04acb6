//! Mints tokens that the access key signs. Pure functions, so that tests can compare bytes.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;

use crate::access_key::AccessKey;
use crate::client_protocol::ClientProtocol;
use crate::endpoint::Endpoint;
use crate::hub::HubName;

/// The contents of a client token: who the client is and what it may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientTokenRequest {
    /// The client's user id; `None` or an empty string for an anonymous client.
    pub user_id: Option<String>,
    /// The client's roles, for instance `webpubsub.sendToGroup.lobby`.
    pub roles: Vec<String>,
    /// Groups that the connection joins when it opens. No role is needed for them.
    pub groups: Vec<String>,
    /// How long the token can be used to connect. An open connection stays open after that.
    pub lifetime: Duration,
    /// The kind of client that will connect.
    pub protocol: ClientProtocol,
}

impl Default for ClientTokenRequest {
    fn default() -> Self {
        Self {
            user_id: None,
            roles: Vec::new(),
            groups: Vec::new(),
            lifetime: Duration::from_secs(3600),
            protocol: ClientProtocol::Default,
        }
    }
}

/// Mints the token with which a client connects.
pub fn client_token(
    key: &AccessKey,
    endpoint: &Endpoint,
    hub: &HubName,
    request: &ClientTokenRequest,
    issued_at: SystemTime,
) -> String {
    let issued = unix_seconds(issued_at);
    let claims = ClientClaims {
        roles: &request.roles,
        groups: &request.groups,
        issued,
        expires: issued.saturating_add(request.lifetime.as_secs()),
        audience: &endpoint.client_audience(hub, request.protocol),
        user_id: request.user_id.as_deref().filter(|user| !user.is_empty()),
    };
    sign(key, &claims)
}

/// Mints the token that authorizes one request to the REST API.
///
/// `url` is the whole URL as it is sent, including the query: the service compares it with
/// the token's audience.
pub fn server_token(
    key: &AccessKey,
    url: &str,
    issued_at: SystemTime,
    lifetime: Duration,
) -> String {
    let issued = unix_seconds(issued_at);
    let claims = ServerClaims {
        audience: url,
        issued,
        expires: issued.saturating_add(lifetime.as_secs()),
    };
    sign(key, &claims)
}

/// A client token and the URL to use it with.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientAccess {
    /// The WebSocket URL without the token.
    pub base_url: String,
    /// The token, for a client that sends it as `Authorization: Bearer`.
    pub token: String,
}

impl ClientAccess {
    /// The WebSocket URL including the token. Treat it as a password.
    pub fn url(&self) -> String {
        format!("{}?access_token={}", self.base_url, self.token)
    }
}

impl fmt::Debug for ClientAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAccess")
            .field("base_url", &self.base_url)
            .field("token", &"[redacted]")
            .finish()
    }
}

#[derive(Serialize)]
struct ClientClaims<'a> {
    #[serde(rename = "role", skip_serializing_if = "<[_]>::is_empty")]
    roles: &'a [String],
    #[serde(rename = "webpubsub.group", skip_serializing_if = "<[_]>::is_empty")]
    groups: &'a [String],
    #[serde(rename = "iat")]
    issued: u64,
    #[serde(rename = "exp")]
    expires: u64,
    #[serde(rename = "aud")]
    audience: &'a str,
    #[serde(rename = "sub", skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
}

#[derive(Serialize)]
struct ServerClaims<'a> {
    #[serde(rename = "aud")]
    audience: &'a str,
    #[serde(rename = "iat")]
    issued: u64,
    #[serde(rename = "exp")]
    expires: u64,
}

/// `{"alg":"HS256","typ":"JWT"}` in base64url, with the dot that follows it.
const HEADER: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.";

fn sign(key: &AccessKey, claims: &impl Serialize) -> String {
    let mut json = Vec::with_capacity(512);
    // Strings and numbers always serialise; the service would refuse an empty token.
    let claims = match serde_json::to_writer(&mut json, claims) {
        Ok(()) => json,
        Err(_) => Vec::new(),
    };
    let mut token = String::with_capacity(HEADER.len() + claims.len().div_ceil(3) * 4 + 44);
    token.push_str(HEADER);
    URL_SAFE_NO_PAD.encode_string(&claims, &mut token);
    let signature = key.sign(token.as_bytes());
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    token
}

fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn key() -> AccessKey {
        AccessKey::new("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH").unwrap()
    }

    fn claims_of(token: &str) -> Value {
        let body = token.split('.').nth(1).unwrap();
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).unwrap()).unwrap()
    }

    fn client_claims(request: &ClientTokenRequest) -> Value {
        let endpoint = "http://localhost:37455".parse().unwrap();
        let hub = "Chat_Hub".parse().unwrap();
        claims_of(&client_token(&key(), &endpoint, &hub, request, at(1_000)))
    }

    #[test]
    fn a_client_token_contains_the_services_claims() {
        let claims = client_claims(&ClientTokenRequest {
            user_id: Some("u".into()),
            roles: vec!["r".into()],
            groups: vec!["g".into()],
            ..ClientTokenRequest::default()
        });

        assert_eq!(
            claims,
            json!({
                "role": ["r"], "webpubsub.group": ["g"], "iat": 1_000, "exp": 4_600,
                "aud": "http://localhost:37455/client/hubs/Chat_Hub", "sub": "u",
            })
        );
    }

    #[test]
    fn empty_claims_are_omitted() {
        let claims = client_claims(&ClientTokenRequest {
            user_id: Some(String::new()),
            protocol: ClientProtocol::Mqtt,
            lifetime: Duration::from_secs(60),
            ..ClientTokenRequest::default()
        });

        assert_eq!(
            claims,
            json!({
                "iat": 1_000, "exp": 1_060,
                "aud": "http://localhost:37455/clients/mqtt/hubs/Chat_Hub",
            })
        );
    }

    #[test]
    fn a_server_tokens_audience_is_the_url() {
        let url = "http://localhost:8080/api/hubs/h/:send?api-version=2024-12-01&excluded=x";

        let token = server_token(&key(), url, at(1_000), Duration::from_secs(300));

        assert_eq!(
            claims_of(&token),
            json!({"aud": url, "iat": 1_000, "exp": 1_300})
        );
    }

    /// As in RFC 7515, with the key as raw text: the signature covers `header.claims`.
    #[test]
    fn the_signature_covers_header_and_claims() {
        let token = server_token(&key(), "http://a.b/", at(1), Duration::from_secs(1));

        let (signed, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();

        assert!(key().verify(signed.as_bytes(), &signature));
        let header = URL_SAFE_NO_PAD
            .decode(signed.split('.').next().unwrap())
            .unwrap();
        assert_eq!(header, br#"{"alg":"HS256","typ":"JWT"}"#);
    }

    #[test]
    fn the_longest_lifetime_does_not_overflow() {
        let token = server_token(&key(), "http://a.b/", at(1), Duration::MAX);

        assert_eq!(claims_of(&token)["exp"], json!(u64::MAX));
    }

    #[test]
    fn debug_does_not_show_the_token() {
        let access = ClientAccess {
            base_url: "wss://a.b/client/hubs/h".into(),
            token: "hunter2".into(),
        };

        assert!(!format!("{access:?}").contains("hunter2"));
        assert_eq!(access.url(), "wss://a.b/client/hubs/h?access_token=hunter2");
    }
}
