//! `connect`: a client asks to come in, and the answer decides.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::json::json_object;

const LONG_USER_ID: &str = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier";
const LONG_ROLE: &str = "http://schemas.microsoft.com/ws/2008/06/identity/claims/role";

/// The body of a `connect` event: all the service knows about the client.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ConnectRequest {
    /// The claims of the client's token; see [`claim`](Self::claim).
    #[serde(deserialize_with = "null_is_empty")]
    pub claims: BTreeMap<String, Vec<String>>,
    /// The query of the client's URL, decoded, without its token.
    #[serde(deserialize_with = "null_is_empty")]
    pub query: BTreeMap<String, Vec<String>>,
    /// The headers of the client's handshake; see [`header`](Self::header).
    #[serde(deserialize_with = "null_is_empty")]
    pub headers: BTreeMap<String, Vec<String>>,
    /// The subprotocols the client offers, its favourite first.
    #[serde(deserialize_with = "null_is_empty")]
    pub subprotocols: Vec<String>,
    /// The certificates the client showed.
    #[serde(deserialize_with = "null_is_empty")]
    pub client_certificates: Vec<ClientCertificate>,
    /// What an MQTT client said in its CONNECT packet.
    pub mqtt: Option<MqttConnect>,
}

impl ConnectRequest {
    /// Reads the body of the request.
    pub fn from_json(body: &[u8]) -> Result<Self, serde_json::Error> {
        json_object(body)
    }

    /// The values of a claim, by the name it has in the token.
    ///
    /// `sub` and `role` are found too where the service sends them under the long names
    /// that .NET's token library gives them.
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

    /// The first value of a header, in whatever letter case it was sent.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (_, values) = self
            .headers
            .iter()
            .find(|(sent, _)| sent.eq_ignore_ascii_case(name))?;
        values.first().map(String::as_str)
    }
}

/// A certificate shown in the TLS handshake.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[non_exhaustive]
pub struct ClientCertificate {
    /// SHA-1 of the certificate.
    pub thumbprint: String,
    /// The certificate in PEM.
    #[serde(deserialize_with = "null_is_empty")]
    pub content: String,
}

/// What an MQTT client said when it connected.
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

/// A name and a value, which may repeat.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MqttUserProperty {
    /// The property's name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// The answer that lets a client in, as JSON with status 200.
///
/// `None` keeps what the client's token says. `roles: Some(vec![])` takes every role away
/// and is written as `[]`; an empty `groups` is written too, but the service then keeps the
/// token's. To refuse, answer 401 or 403 instead.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectResponse {
    /// Who the client is from now on; an empty text makes it anonymous.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The groups it is in from the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Vec<String>>,
    /// What it may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
    /// Which of the offered subprotocols is spoken.
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
    fn dotnets_long_claim_names_are_found_by_the_short_ones() {
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
    fn mqtt_details_are_read_and_the_password_stays_out_of_debug() {
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
    fn an_answer_says_only_what_it_means_to_change() {
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
