//! Builds the URL of an operation.

use azure_core::http::Url;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::endpoint::Endpoint;
use crate::error::ArgumentError;
use crate::hub::HubName;

pub(super) const API_VERSION: &str = "2024-12-01";

/// All characters except RFC 3986's unreserved ones.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// In a path, `:` is not encoded either: a server that decodes the path and encodes it again
/// before comparing it with the token writes `:`, and refuses a token for `%3A`.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b':');

/// A URL that is being built. Its text is exactly what is sent, because the token signs
/// those bytes.
pub(super) struct Route {
    url: String,
    query: String,
}

impl Route {
    pub(super) fn service(endpoint: &Endpoint) -> Self {
        Self {
            url: format!("{endpoint}/api"),
            query: format!("?api-version={API_VERSION}"),
        }
    }

    pub(super) fn hub(endpoint: &Endpoint, hub: &HubName) -> Self {
        let hub = utf8_percent_encode(hub.as_str(), RESERVED_IN_PATH);
        let route = Self::service(endpoint);
        Self {
            url: format!("{}/hubs/{hub}", route.url),
            ..route
        }
    }

    /// Appends a fixed path segment.
    pub(super) fn segment(mut self, segment: &str) -> Self {
        self.url.push('/');
        self.url.push_str(segment);
        self
    }

    /// Appends a name as one encoded path segment. `what` describes the name in an error.
    pub(super) fn name(self, what: &'static str, name: &str) -> Result<Self, ArgumentError> {
        if matches!(name, "" | "." | "..") {
            return Err(ArgumentError::Name(what));
        }
        Ok(self.segment(&utf8_percent_encode(name, RESERVED_IN_PATH).to_string()))
    }

    pub(super) fn query(mut self, name: &str, value: &str) -> Self {
        self.query.push('&');
        self.query.push_str(name);
        self.query.push('=');
        self.query.extend(utf8_percent_encode(value, RESERVED));
        self
    }

    pub(super) fn query_each(self, name: &str, values: &[String]) -> Self {
        values
            .iter()
            .fold(self, |route, value| route.query(name, value))
    }

    pub(super) fn query_if(self, name: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.query(name, value),
            None => self,
        }
    }

    pub(super) fn finish(self) -> Result<Url, ArgumentError> {
        let text = self.url + &self.query;
        let url = Url::parse(&text).map_err(|_| ArgumentError::Url)?;
        // If the parser changed the text, the token would be for another URL.
        if url.as_str() == text {
            Ok(url)
        } else {
            Err(ArgumentError::Url)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hub() -> Route {
        let endpoint = "http://LOCALHOST:8080".parse().unwrap();
        Route::hub(&endpoint, &"Chat".parse().unwrap())
    }

    fn group(name: &str) -> Result<String, ArgumentError> {
        let route = hub()
            .segment("groups")
            .name("group", name)?
            .segment(":send");
        Ok(route.finish()?.into())
    }

    #[test]
    fn any_name_is_encoded_as_one_path_segment() {
        let cases = [
            ("lobby", "lobby"),
            ("room:lobby", "room:lobby"),
            ("g 1/é", "g%201%2F%C3%A9"),
            ("a+b&c=d?e#f", "a%2Bb%26c%3Dd%3Fe%23f"),
            ("a;b,c@d", "a%3Bb%2Cc%40d"),
            ("%2F", "%252F"),
            ("..a", "..a"),
            ("%2e%2e", "%252e%252e"),
            ("\\\r\n\t", "%5C%0D%0A%09"),
        ];

        for (name, path) in cases {
            assert_eq!(
                group(name).unwrap(),
                format!(
                    "http://localhost:8080/api/hubs/Chat/groups/{path}/:send?api-version=2024-12-01"
                )
            );
        }
    }

    #[test]
    fn names_that_would_change_the_path_are_refused() {
        for name in ["", ".", ".."] {
            assert_eq!(group(name), Err(ArgumentError::Name("group")));
        }
    }

    #[test]
    fn a_query_survives_the_url_parser_unchanged() {
        let url = hub()
            .segment(":send")
            .query("filter", "userId eq 'a b'")
            .query_each("excluded", &["x&y".into(), "z".into()])
            .query_if("reason", None)
            .finish()
            .unwrap();

        assert_eq!(
            url.query(),
            Some(
                "api-version=2024-12-01&filter=userId%20eq%20%27a%20b%27&excluded=x%26y&excluded=z"
            )
        );
    }

    #[test]
    fn a_hub_name_with_every_special_character_can_be_addressed() {
        let endpoint = "http://localhost".parse().unwrap();
        let hub = "a_`,.[]".parse().unwrap();

        let url = Route::hub(&endpoint, &hub)
            .segment(":send")
            .finish()
            .unwrap();

        assert_eq!(url.path(), "/api/hubs/a_%60%2C.%5B%5D/:send");
    }
}
