//! From an operation to its URL.

use azure_core::http::Url;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::endpoint::Endpoint;
use crate::error::ArgumentError;
use crate::hub::HubName;

pub(super) const API_VERSION: &str = "2024-12-01";

/// Everything but RFC 3986's unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// In a path `:` stays too: servers that compare the token with a path they have decoded and
/// encoded again write it so, and refuse a token for `%3A`.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b':');

/// A URL in the making. It is built so that it is already in the form in which it is sent:
/// the token signs these very bytes.
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

    /// Appends a fixed part of the path.
    pub(super) fn segment(mut self, part: &str) -> Self {
        self.url.push('/');
        self.url.push_str(part);
        self
    }

    /// Appends a name that someone chose; `what` says whose.
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
        // A parser that rewrites anything would make the token one for another URL.
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
    fn a_name_is_one_part_of_the_path_whatever_it_holds() {
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
    fn a_name_that_would_climb_out_is_refused() {
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
    fn every_hub_name_can_be_addressed() {
        let endpoint = "http://localhost".parse().unwrap();
        let hub = "a_`,.[]".parse().unwrap();

        let url = Route::hub(&endpoint, &hub)
            .segment(":send")
            .finish()
            .unwrap();

        assert_eq!(url.path(), "/api/hubs/a_%60%2C.%5B%5D/:send");
    }
}
