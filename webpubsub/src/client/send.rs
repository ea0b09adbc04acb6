//! Sends messages to clients.

use std::collections::BTreeMap;
use std::time::Duration;

use azure_core::http::headers::{CONTENT_TYPE, HeaderName};
use azure_core::http::{Method, Request};
use bytes::Bytes;
use http::HeaderValue;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::call::check_status;
use super::hub_client::HubClient;
use super::route::Route;
use crate::error::{ArgumentError, Error};
use crate::filter::Filter;
use crate::upstream::header::METADATA_PREFIX;

/// The content of a message to clients.
#[derive(Debug, Clone)]
pub enum Payload {
    /// Text. A client with a JSON subprotocol receives it with `dataType` `text`.
    Text(String),
    /// JSON, sent unchanged. A client without a subprotocol receives it as text, in which a
    /// JSON string keeps its quotes.
    Json(Box<RawValue>),
    /// Binary data.
    Binary(Bytes),
}

impl Payload {
    /// Creates a text payload.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Creates a JSON payload from any serializable value.
    pub fn json(value: &(impl Serialize + ?Sized)) -> Result<Self, serde_json::Error> {
        to_raw_value(value).map(Self::Json)
    }

    /// Creates a binary payload.
    pub fn binary(bytes: impl Into<Bytes>) -> Self {
        Self::Binary(bytes.into())
    }

    fn into_parts(self) -> (&'static str, Bytes) {
        match self {
            Self::Text(text) => ("text/plain", text.into()),
            Self::Json(json) => (
                "application/json",
                String::from(Box::<str>::from(json)).into(),
            ),
            Self::Binary(bytes) => ("application/octet-stream", bytes),
        }
    }
}

/// Which connections receive a message, and how long the service keeps it for them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SendOptions {
    /// Connections that do not receive the message. Only for sending to all or to a group.
    pub excluded: Vec<String>,
    /// Only connections that match receive the message. Not for sending to one connection.
    pub filter: Option<Filter>,
    /// How long the service keeps the message for a connection that cannot receive it at
    /// once: up to five minutes, rounded up to whole seconds. `None` sets no limit.
    pub ttl: Option<Duration>,
    /// Text that accompanies the message. Keys arrive in lower case.
    pub metadata: BTreeMap<String, String>,
}

impl HubClient {
    /// Sends to every connection of the hub.
    pub async fn send_to_all(&self, payload: Payload, options: &SendOptions) -> Result<(), Error> {
        let route = self
            .route()
            .segment(":send")
            .query_each("excluded", &options.excluded)
            .query_if("filter", options.filter.as_ref().map(Filter::as_str));
        self.send(route, payload, options).await
    }

    /// Sends to every connection in a group. Succeeds if the group is empty.
    pub async fn send_to_group(
        &self,
        group: &str,
        payload: Payload,
        options: &SendOptions,
    ) -> Result<(), Error> {
        let route = self
            .route()
            .segment("groups")
            .name("group", group)?
            .segment(":send")
            .query_each("excluded", &options.excluded)
            .query_if("filter", options.filter.as_ref().map(Filter::as_str));
        self.send(route, payload, options).await
    }

    /// Sends to every connection of a user. Succeeds if the user has none.
    pub async fn send_to_user(
        &self,
        user_id: &str,
        payload: Payload,
        options: &SendOptions,
    ) -> Result<(), Error> {
        refuse_option(!options.excluded.is_empty(), "send_to_user", "excluded")?;
        let route = self
            .route()
            .segment("users")
            .name("user id", user_id)?
            .segment(":send")
            .query_if("filter", options.filter.as_ref().map(Filter::as_str));
        self.send(route, payload, options).await
    }

    /// Sends to one connection. Succeeds if the connection is closed.
    pub async fn send_to_connection(
        &self,
        connection_id: &str,
        payload: Payload,
        options: &SendOptions,
    ) -> Result<(), Error> {
        refuse_option(
            !options.excluded.is_empty(),
            "send_to_connection",
            "excluded",
        )?;
        refuse_option(options.filter.is_some(), "send_to_connection", "filter")?;
        let route = self
            .route()
            .segment("connections")
            .name("connection id", connection_id)?
            .segment(":send");
        self.send(route, payload, options).await
    }

    async fn send(
        &self,
        mut route: Route,
        payload: Payload,
        options: &SendOptions,
    ) -> Result<(), Error> {
        if let Some(ttl) = options.ttl {
            route = route.query("messageTtlSeconds", &ttl_seconds(ttl)?.to_string());
        }
        let mut request = Request::new(route.finish()?, Method::Post);
        let (content_type, body) = payload.into_parts();
        request.insert_header(CONTENT_TYPE, content_type);
        request.set_body(body);
        for (key, value) in &options.metadata {
            let (name, value) = metadata_header(key, value)?;
            request.insert_header(name, value);
        }
        check_status(self.request(request).await?)?;
        Ok(())
    }
}

fn refuse_option(
    given: bool,
    operation: &'static str,
    option: &'static str,
) -> Result<(), ArgumentError> {
    if given {
        Err(ArgumentError::Option { operation, option })
    } else {
        Ok(())
    }
}

fn ttl_seconds(ttl: Duration) -> Result<u64, ArgumentError> {
    let seconds = ttl.as_secs() + u64::from(ttl.subsec_nanos() > 0);
    if seconds > 300 {
        return Err(ArgumentError::TimeToLive);
    }
    Ok(seconds)
}

fn metadata_header(key: &str, value: &str) -> Result<(HeaderName, String), ArgumentError> {
    let name: http::HeaderName = format!("{METADATA_PREFIX}{key}")
        .parse()
        .map_err(|_| ArgumentError::Metadata)?;
    let printable = HeaderValue::from_str(value).is_ok() && value.is_ascii();
    if key.is_empty() || !printable {
        return Err(ArgumentError::Metadata);
    }
    Ok((HeaderName::from(name.as_str().to_owned()), value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_to_live_is_rounded_up_to_seconds_and_at_most_five_minutes() {
        assert_eq!(ttl_seconds(Duration::from_millis(1)), Ok(1));
        assert_eq!(ttl_seconds(Duration::from_secs(300)), Ok(300));
        assert_eq!(
            ttl_seconds(Duration::from_millis(300_001)),
            Err(ArgumentError::TimeToLive)
        );
    }

    #[test]
    fn metadata_cannot_inject_a_header() {
        assert!(metadata_header("Trace-Id", "42").is_ok());
        for (key, value) in [
            ("", "v"),
            ("a b", "v"),
            ("k", "a\r\nx: y"),
            ("k", "é"),
            ("é", "v"),
        ] {
            assert_eq!(metadata_header(key, value), Err(ArgumentError::Metadata));
        }
    }

    #[test]
    fn json_is_sent_unchanged() {
        let payload = Payload::Json(RawValue::from_string("{\"a\": 1}".into()).unwrap());

        let (content_type, body) = payload.into_parts();

        assert_eq!(
            (content_type, &body[..]),
            ("application/json", &b"{\"a\": 1}"[..])
        );
    }
}
