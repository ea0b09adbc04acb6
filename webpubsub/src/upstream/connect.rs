//! The `connect` event: a client asks to connect, and the response accepts or refuses it.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::json::json_object;

const LONG_USER_ID: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier";
const LONG_ROLE: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";

/// The body of a `connect` event: what the service knows about the client.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ConnectRequest {
    /// The claims of the client's token; see [`claim`](Self::claim).
    #[serde(deserialize_with = "null_is_empty")]
    pub claims: BTreeMap<String, Vec<String>>,
    /// The decoded query of the client's URL, without the token; see [`query`](Self::query).
    #[serde(deserialize_with = "null_is_empty")]
    pub query: BTreeMap<String, Vec<String>>,
    /// The headers of the client's handshake; see [`header`](Self::header).
    #[serde(deserialize_with = "null_is_empty")]
    pub headers: BTreeMap<String, Vec<String>>,
    /// The subprotocols that the client offers, in order of preference.
    #[serde(deserialize_with = "null_is_empty")]
    pub subprotocols: Vec<String>,
    /// The client's TLS certificates.
    #[serde(deserialize_with = "null_is_empty")]
    pub client_certificates: Vec<ClientCertificate>,
    /// The contents of an MQTT client's CONNECT packet.
    pub mqtt: Option<MqttConnect>,
}

impl ConnectRequest {
    /// Parses the body of a `connect` event.
    pub fn from_json(body: &[u8]) -> Result<Self, serde_json::Error> {
        json_object(body)
    }

    /// The values of a claim, by its name in the token.
    ///
    /// `sub` and `role` are also found if the service sends them under the long names that
    /// .NET's token library gives them.
    pub fn claim(&self, name: &str) -> &[String] {
        let long = match name {
            "sub" => Some(LONG_USER_ID),
            "role" => Some(LONG_ROLE),
            _ => None,
        };
        let find = |name: &str| self.claims.get(name).filter(|values| !values.is_empty());
        find(name)
            .or_else(|| long.and_then(find))
            .map_or(&[], Vec::as_slice)
    }

    /// The first value of a query parameter.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name)?.first().map(String::as_str)
    }

    /// The first value of a header. The name is case-insensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, values) = self
            .headers
            .iter()
            .find(|(sent, _)| sent.eq_ignore_ascii_case(name))?;
        values.first().map(String::as_str)
    }
}

/// A certificate that a client presented in the TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ClientCertificate {
    /// The SHA-1 hash of the certificate.
    pub thumbprint: String,
    /// The certificate in PEM.
    #[serde(deserialize_with = "null_is_empty")]
    pub content: String,
}

/// The contents of an MQTT client's CONNECT packet.
#[derive(Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct MqttConnect {
    /// 4 for MQTT 3.1.1, 5 for MQTT 5.
    pub protocol_version: u8,
    /// The user name.
    pub username: Option<String>,
    /// The password in base64.
    pub password: Option<String>,
    /// MQTT 5's user properties.
    #[serde(deserialize_with = "null_is_empty")]
    pub user_properties: Vec<MqttUserProperty>,
}

impl std::fmt::Debug for MqttConnect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MqttConnect")
            .field("protocol_version", &self.protocol_version)
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "[redacted]"))
            .field("user_properties", &self.user_properties)
            .finish()
    }
}

/// An MQTT 5 user property. A name may occur more than once.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MqttUserProperty {
    /// The property's name.
    pub name: String,
    /// The property's value.
    pub value: String,
}

/// The response that accepts a client, as JSON with status 200.
///
/// `None` keeps the value from the client's token. `roles: Some(vec![])` removes every role
/// and is written as `[]`; an empty `groups` is written too, but the service then keeps the
/// groups of the token. To refuse the client, answer with 401 or 403 instead.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectResponse {
    /// The client's user id; an empty string makes the client anonymous.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The groups that the connection joins when it opens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// The client's roles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// The subprotocol to use, one of those that the client offers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subprotocol: Option<String>,
}

fn null_is_empty<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_body_is_read() {
        let body = br#"{
            "claims": {"sub": ["alice"], "role": ["r1", "r2"]},
            "query": {"room": ["lobby", "other"]},
            "headers": {"Origin": ["https://app.example"]},
            "subprotocols": ["json.webpubsub.azure.v1"],
            "clientCertificates": [{"thumbprint": "AB", "content": "-----BEGIN CERTIFICATE-----"}]
        }"#;

        let request = ConnectRequest::from_json(body).unwrap();

        assert_eq!(request.claim("role"), ["r1", "r2"]);
        assert_eq!(request.query("room"), Some("lobby"));
        assert_eq!(request.header("origin"), Some("https://app.example"));
        assert_eq!(request.subprotocols, ["json.webpubsub.azure.v1"]);
        assert_eq!(request.client_certificates[0].thumbprint, "AB");
        assert_eq!(request.mqtt, None);
    }

    #[test]
    fn a_claim_with_dotnets_long_name_is_found_by_its_short_name() {
        let body = format!(r#"{{"claims":{{"{LONG_USER_ID}":["alice"],"{LONG_ROLE}":["r"]}}}}"#);

        let request = ConnectRequest::from_json(body.as_bytes()).unwrap();

        assert_eq!(request.claim("sub"), ["alice"]);
        assert_eq!(request.claim("role"), ["r"]);
        assert!(request.claim("webpubsub.group").is_empty());
    }

    #[test]
    fn absent_and_null_members_are_empty() {
        let absent = ConnectRequest::from_json(b"{}").unwrap();
        let null = ConnectRequest::from_json(
            br#"{"claims":null,"query":null,"headers":null,"subprotocols":null,"clientCertificates":null,"mqtt":null}"#,
        )
        .unwrap();

        assert_eq!(absent, ConnectRequest::default());
        assert_eq!(null, absent);
    }

    #[test]
    fn mqtt_details_are_read_and_debug_does_not_show_the_password() {
        let body = br#"{"mqtt":{"protocolVersion":5,"username":"u","password":"aHVudGVyMg==",
            "userProperties":[{"name":"a","value":"b"}]}}"#;

        let mqtt = ConnectRequest::from_json(body).unwrap().mqtt.unwrap();

        assert_eq!(mqtt.protocol_version, 5);
        assert_eq!(mqtt.user_properties[0].name, "a");
        assert!(!format!("{mqtt:?}").contains("aHVudGVyMg"));
    }

    #[test]
    fn a_body_of_another_shape_is_refused() {
        for body in [
            "",
            "[]",
            "{\"claims\":[]}",
            "{\"query\":{\"a\":\"b\"}}",
            "{",
        ] {
            assert!(
                ConnectRequest::from_json(body.as_bytes()).is_err(),
                "{body}"
            );
        }
    }

    #[test]
    fn a_response_contains_only_the_values_it_changes() {
        let keep = serde_json::to_string(&ConnectResponse::default()).unwrap();
        let strip = serde_json::to_string(&ConnectResponse {
            user_id: Some("alice".into()),
            roles: Some(vec![]),
            ..ConnectResponse::default()
        })
        .unwrap();

        assert_eq!(keep, "{}");
        assert_eq!(strip, r#"{"userId":"alice","roles":[]}"#);
    }
}
