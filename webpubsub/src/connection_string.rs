//! Parses connection strings: `Endpoint=…;AccessKey=…;Version=1.0;`, as in the Azure portal.

use std::fmt;
use std::str::FromStr;

use crate::access_key::AccessKey;
use crate::endpoint::{Endpoint, EndpointError};

/// The endpoint and the access key of a Web PubSub service.
///
/// Property names are case-insensitive and may come in any order. Unknown properties are
/// ignored, as in Microsoft's packages, so that future connection strings still work.
#[derive(Clone)]
pub struct ConnectionString {
    endpoint: Endpoint,
    access_key: AccessKey,
}

impl ConnectionString {
    /// The service's endpoint.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The key that signs tokens and verifies upstream events.
    pub fn access_key(&self) -> &AccessKey {
        &self.access_key
    }
}

impl FromStr for ConnectionString {
    type Err = ConnectionStringError;

    fn from_str(raw: &str) -> Result<Self, ConnectionStringError> {
        let segments = Segments::read(raw)?;

        let endpoint = segments
            .endpoint
            .ok_or(ConnectionStringError::Missing("Endpoint"))?;
        let key = segments
            .access_key
            .ok_or(ConnectionStringError::Missing("AccessKey"))?;

        let mut endpoint: Endpoint = if endpoint.contains("://") {
            endpoint.parse()?
        } else {
            format!("https://{endpoint}").parse()?
        };
        if let Some(port) = segments.port {
            let port = port
                .parse()
                .map_err(|_| ConnectionStringError::InvalidPort)?;
            endpoint = endpoint.with_port(port);
        }
        let access_key =
            AccessKey::new(key).map_err(|_| ConnectionStringError::Missing("AccessKey"))?;

        Ok(Self {
            endpoint,
            access_key,
        })
    }
}

#[derive(Default)]
struct Segments<'a> {
    endpoint: Option<&'a str>,
    access_key: Option<&'a str>,
    port: Option<&'a str>,
}

impl<'a> Segments<'a> {
    fn read(raw: &'a str) -> Result<Self, ConnectionStringError> {
        let mut segments = Self::default();
        let filled = raw.split(';').map(str::trim).enumerate();
        for (index, segment) in filled.filter(|(_, segment)| !segment.is_empty()) {
            // Only the first `=` is a separator: a key may end in `=`.
            let (name, value) = segment
                .split_once('=')
                .ok_or(ConnectionStringError::NoEqualsSign { index: index + 1 })?;
            let (slot, name) = match name.trim().to_ascii_lowercase().as_str() {
                "endpoint" => (&mut segments.endpoint, "Endpoint"),
                "accesskey" => (&mut segments.access_key, "AccessKey"),
                "port" => (&mut segments.port, "Port"),
                _ => continue,
            };
            if slot.replace(value.trim()).is_some() {
                return Err(ConnectionStringError::Repeated(name));
            }
        }
        Ok(segments)
    }
}

impl fmt::Debug for ConnectionString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectionString")
            .field("endpoint", &self.endpoint.as_str())
            .field("access_key", &self.access_key)
            .finish()
    }
}

/// Why a connection string is not valid. No error shows the text, because it contains the key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionStringError {
    /// A required property is missing or empty.
    #[error("the connection string has no {0}")]
    Missing(&'static str),
    /// A property occurs more than once.
    #[error("the connection string has more than one {0}")]
    Repeated(&'static str),
    /// A part is not of the form `name=value`.
    #[error("part {index} of the connection string has no `=`")]
    NoEqualsSign {
        /// The position of the part, counted from one.
        index: usize,
    },
    /// `Port` is not a number from 0 to 65535.
    #[error("the connection string's Port is not a port number")]
    InvalidPort,
    /// `Endpoint` is not valid.
    #[error("the connection string's Endpoint is not valid: {0}")]
    Endpoint(#[from] EndpointError),
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH";

    fn parse(raw: &str) -> Result<ConnectionString, ConnectionStringError> {
        raw.parse()
    }

    #[test]
    fn a_connection_string_from_the_portal_is_read() {
        let parsed = parse(&format!(
            "Endpoint=https://demo.webpubsub.azure.com;AccessKey={KEY};Version=1.0;"
        ))
        .unwrap();

        assert_eq!(
            parsed.endpoint().as_str(),
            "https://demo.webpubsub.azure.com"
        );
        assert_eq!(
            parsed.access_key().sign(b"x"),
            AccessKey::new(KEY).unwrap().sign(b"x")
        );
    }

    #[test]
    fn property_names_are_case_insensitive_and_in_any_order() {
        let parsed = parse("VERSION=1.0;accesskey=k;;ENDPOINT=http://localhost:8080/;").unwrap();

        assert_eq!(parsed.endpoint().as_str(), "http://localhost:8080");
    }

    #[test]
    fn a_key_may_contain_equals_signs() {
        let parsed = parse("Endpoint=https://a.b;AccessKey=ab==").unwrap();

        assert_eq!(
            parsed.access_key().sign(b""),
            AccessKey::new("ab==").unwrap().sign(b"")
        );
    }

    #[test]
    fn an_endpoint_without_a_scheme_uses_https() {
        let parsed = parse("Endpoint=demo.webpubsub.azure.com;AccessKey=k").unwrap();

        assert_eq!(
            parsed.endpoint().as_str(),
            "https://demo.webpubsub.azure.com"
        );
    }

    #[test]
    fn port_overrides_the_port_in_the_endpoint() {
        let parsed = parse("Endpoint=http://localhost:1;AccessKey=k;Port=8080").unwrap();

        assert_eq!(parsed.endpoint().as_str(), "http://localhost:8080");
    }

    #[test]
    fn hostile_strings_are_refused_without_showing_the_key() {
        let cases = [
            "",
            ";;;",
            "AccessKey=hunter2",
            "Endpoint=https://a.b",
            "Endpoint=https://a.b;AccessKey=",
            "Endpoint=;AccessKey=hunter2",
            "Endpoint=https://a.b;AccessKey=hunter2;AccessKey=hunter3",
            "Endpoint=https://a.b;hunter2",
            "Endpoint=ftp://a.b;AccessKey=hunter2",
            "Endpoint=https://user:hunter2@a.b;AccessKey=hunter2",
            "Endpoint=https://a.b/path;AccessKey=hunter2",
            "Endpoint=https://a.b;AccessKey=hunter2;Port=70000",
            "Endpoint=https://;AccessKey=hunter2",
        ];

        for case in cases {
            let error = parse(case).expect_err(case);
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{case}");
        }
    }

    #[test]
    fn debug_does_not_show_the_key() {
        let parsed = parse("Endpoint=https://a.b;AccessKey=hunter2").unwrap();

        let shown = format!("{parsed:?}");

        assert!(shown.contains("https://a.b"));
        assert!(!shown.contains("hunter2"));
    }
}
