//! The context of an event: the `ce-` headers.

use std::collections::BTreeMap;
use std::time::SystemTime;

use azure_core::time::parse_rfc3339;
use http::{HeaderMap, HeaderName};

use super::header::{
    CE_AWPSVERSION, CE_CONNECTION_ID, CE_CONNECTION_STATE, CE_EVENT_NAME, CE_HUB, CE_ID,
    CE_PHYSICAL_CONNECTION_ID, CE_SESSION_ID, CE_SOURCE, CE_SPECVERSION, CE_SUBPROTOCOL, CE_TIME,
    CE_TYPE, CE_USER_ID, METADATA_PREFIX,
};
use super::kind::EventKind;
use crate::hub::{HubName, HubNameError};

/// The attributes of an event, read from its headers.
///
/// Only [`connection_id`](Self::connection_id) is covered by the service's signature.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct EventContext {
    /// The kind of event.
    pub kind: EventKind,
    /// The hub of the connection.
    pub hub: HubName,
    /// The id of the connection that the event is about.
    pub connection_id: String,
    /// The user of the connection; `None` if it is anonymous.
    pub user_id: Option<String>,
    /// The event's name without a prefix. For a user event, [`EventKind::User`] holds it too.
    pub event_name: String,
    /// The event's number within the connection. A retry has the same id.
    pub id: String,
    /// When the event happened.
    pub time: Option<SystemTime>,
    /// The subprotocol, once it is negotiated.
    pub subprotocol: Option<String>,
    /// The state that an earlier response stored with the connection. `Some("")` means that
    /// the state is empty, `None` that there is none.
    pub connection_state: Option<String>,
    /// `/hubs/{hub}/client/{connection id}`, or an older form of this path.
    pub source: String,
    /// MQTT only: the id of one physical connection of the session.
    pub physical_connection_id: Option<String>,
    /// MQTT only: the id of the session.
    pub session_id: Option<String>,
    /// The metadata that the sender attached to the message. Keys are in lower case.
    pub metadata: BTreeMap<String, String>,
}

impl EventContext {
    /// Parses the headers of a `POST`.
    ///
    /// Missing headers, repeated headers and unexpected values are different errors, so that
    /// a misconfiguration is easy to find.
    pub fn from_headers(headers: &HeaderMap) -> Result<Self, EventError> {
        check_version(headers, CE_SPECVERSION, true)?;
        // Some samples in Microsoft's documentation omit this header.
        check_version(headers, CE_AWPSVERSION, false)?;

        let kind = EventKind::from_type(required(headers, CE_TYPE)?)
            .ok_or(EventError::InvalidValue(CE_TYPE))?;
        let hub = required(headers, CE_HUB)?.parse()?;
        let event_name = event_name(headers, &kind)?;
        let time = optional(headers, CE_TIME)?
            .map(|time| parse_rfc3339(time).map_err(|_| EventError::InvalidValue(CE_TIME)))
            .transpose()?
            .map(SystemTime::from);

        Ok(Self {
            hub,
            event_name,
            time,
            connection_id: required(headers, CE_CONNECTION_ID)?.to_owned(),
            user_id: non_empty(headers, CE_USER_ID)?,
            id: required(headers, CE_ID)?.to_owned(),
            subprotocol: non_empty(headers, CE_SUBPROTOCOL)?,
            connection_state: optional(headers, CE_CONNECTION_STATE)?.map(str::to_owned),
            source: required(headers, CE_SOURCE)?.to_owned(),
            physical_connection_id: non_empty(headers, CE_PHYSICAL_CONNECTION_ID)?,
            session_id: non_empty(headers, CE_SESSION_ID)?,
            metadata: metadata(headers)?,
            kind,
        })
    }
}

fn check_version(headers: &HeaderMap, name: HeaderName, required: bool) -> Result<(), EventError> {
    match optional(headers, name.clone())? {
        Some("1.0") => Ok(()),
        None if !required => Ok(()),
        None => Err(EventError::Missing(name)),
        Some(_) => Err(EventError::InvalidValue(name)),
    }
}

/// `ce-eventName` must agree with `ce-type`. Only presence events may lack the header,
/// because their documentation does not mention it.
fn event_name(headers: &HeaderMap, kind: &EventKind) -> Result<String, EventError> {
    let presence = matches!(kind, EventKind::GroupJoined | EventKind::GroupLeft);
    match non_empty(headers, CE_EVENT_NAME)? {
        Some(name) if presence || name.eq_ignore_ascii_case(kind.name()) => Ok(name),
        Some(_) => Err(EventError::InvalidValue(CE_EVENT_NAME)),
        None if presence => Ok(kind.name().to_owned()),
        None => Err(EventError::Missing(CE_EVENT_NAME)),
    }
}

fn required(headers: &HeaderMap, name: HeaderName) -> Result<&str, EventError> {
    optional(headers, name.clone())?
        .filter(|value| !value.is_empty())
        .ok_or(EventError::Missing(name))
}

fn non_empty(headers: &HeaderMap, name: HeaderName) -> Result<Option<String>, EventError> {
    Ok(optional(headers, name)?
        .filter(|value| !value.is_empty())
        .map(str::to_owned))
}

/// The value of a header that may occur at most once.
fn optional(headers: &HeaderMap, name: HeaderName) -> Result<Option<&str>, EventError> {
    let mut values = headers.get_all(&name).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(EventError::Repeated(name));
    }
    text(value.as_bytes(), name).map(Some)
}

fn metadata(headers: &HeaderMap) -> Result<BTreeMap<String, String>, EventError> {
    let mut metadata = BTreeMap::new();
    for (name, value) in headers {
        let Some(key) = name.as_str().strip_prefix(METADATA_PREFIX) else {
            continue;
        };
        let value = text(value.as_bytes(), name.clone())?.to_owned();
        if metadata.insert(key.to_owned(), value).is_some() {
            return Err(EventError::Repeated(name.clone()));
        }
    }
    Ok(metadata)
}

/// Reads a header value as UTF-8, not only ASCII: the service sends user ids as raw UTF-8.
fn text(value: &[u8], name: HeaderName) -> Result<&str, EventError> {
    std::str::from_utf8(value)
        .map(str::trim)
        .map_err(|_| EventError::NotUtf8(name))
}

/// Why a request is not a valid Web PubSub event. Errors show the header's name, never its
/// value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// A required header is missing or empty.
    #[error("the event has no `{0}` header")]
    Missing(HeaderName),
    /// A header that must be unique occurs more than once.
    #[error("the event has more than one `{0}` header")]
    Repeated(HeaderName),
    /// A header is not UTF-8.
    #[error("the event's `{0}` header is not UTF-8")]
    NotUtf8(HeaderName),
    /// A header has a value that Web PubSub does not send.
    #[error("the event's `{0}` header has an unexpected value")]
    InvalidValue(HeaderName),
    /// `ce-hub` is not a valid hub name.
    #[error("the event's `ce-hub` header is not a hub name: {0}")]
    Hub(#[from] HubNameError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use std::time::{Duration, UNIX_EPOCH};

    /// The headers of a user event, as listed in the protocol's documentation.
    const PUBLISHED: [(&str, &str); 11] = [
        ("WebHook-Request-Origin", "demo.webpubsub.azure.com"),
        ("ce-specversion", "1.0"),
        ("ce-awpsversion", "1.0"),
        ("ce-type", "azure.webpubsub.user.message"),
        ("ce-source", "/hubs/ViewerHub/client/conn"),
        ("ce-id", "7"),
        ("ce-time", "2021-01-01T00:00:00Z"),
        ("ce-connectionId", "conn"),
        ("ce-hub", "ViewerHub"),
        ("ce-eventName", "message"),
        ("ce-userId", "alice"),
    ];

    fn published() -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in PUBLISHED {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_static(value));
        }
        headers
    }

    fn with(name: &'static str, value: &str) -> HeaderMap {
        let mut headers = published();
        headers.insert(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        headers
    }

    #[test]
    fn the_published_headers_are_read() {
        let context = EventContext::from_headers(&published()).unwrap();

        assert_eq!(context.kind, EventKind::User("message".into()));
        assert_eq!(context.hub.as_str(), "ViewerHub");
        assert_eq!(context.connection_id, "conn");
        assert_eq!(context.user_id.as_deref(), Some("alice"));
        assert_eq!(context.event_name, "message");
        assert_eq!(context.id, "7");
        assert_eq!(context.source, "/hubs/ViewerHub/client/conn");
        assert_eq!(
            context.time,
            Some(UNIX_EPOCH + Duration::from_secs(1_609_459_200))
        );
        assert_eq!(context.subprotocol, None);
        assert_eq!(context.connection_state, None);
    }

    #[test]
    fn an_empty_state_is_kept_and_an_empty_user_is_none() {
        let state = EventContext::from_headers(&with("ce-connectionstate", "")).unwrap();
        let user = EventContext::from_headers(&with("ce-userid", "")).unwrap();

        assert_eq!(state.connection_state.as_deref(), Some(""));
        assert_eq!(user.user_id, None);
    }

    #[test]
    fn a_user_id_may_be_raw_utf8() {
        let context = EventContext::from_headers(&with("ce-userid", "Jürgen")).unwrap();

        assert_eq!(context.user_id.as_deref(), Some("Jürgen"));
    }

    #[test]
    fn metadata_is_read_from_its_headers() {
        let context =
            EventContext::from_headers(&with("x-webpubsub-metadata-trace", "42")).unwrap();

        assert_eq!(context.metadata["trace"], "42");
    }

    #[test]
    fn a_missing_header_is_named() {
        let required = [
            CE_SPECVERSION,
            CE_TYPE,
            CE_SOURCE,
            CE_ID,
            CE_CONNECTION_ID,
            CE_HUB,
            CE_EVENT_NAME,
        ];

        for name in required {
            let mut absent = published();
            absent.remove(&name);
            assert_eq!(
                EventContext::from_headers(&absent),
                Err(EventError::Missing(name))
            );
        }
    }

    #[test]
    fn awpsversion_and_time_are_optional() {
        let mut headers = published();
        headers.remove(CE_AWPSVERSION);
        headers.remove(CE_TIME);

        assert!(EventContext::from_headers(&headers).is_ok());
    }

    #[test]
    fn a_repeated_header_is_refused() {
        for name in [
            CE_CONNECTION_ID,
            CE_USER_ID,
            CE_HUB,
            CE_TYPE,
            CE_CONNECTION_STATE,
        ] {
            let mut headers = published();
            headers.append(&name, HeaderValue::from_static("a"));
            headers.append(&name, HeaderValue::from_static("b"));
            assert_eq!(
                EventContext::from_headers(&headers),
                Err(EventError::Repeated(name))
            );
        }
    }

    #[test]
    fn unexpected_values_are_refused() {
        let cases = [
            ("ce-specversion", "0.3"),
            ("ce-awpsversion", "2.0"),
            ("ce-type", "com.github.push"),
            ("ce-time", "yesterday"),
            ("ce-eventname", "another"),
        ];

        for (name, value) in cases {
            assert_eq!(
                EventContext::from_headers(&with(name, value)),
                Err(EventError::InvalidValue(HeaderName::from_static(name)))
            );
        }
        assert_eq!(
            EventContext::from_headers(&with("ce-hub", "../x")),
            Err(EventError::Hub(HubNameError))
        );
    }

    #[test]
    fn a_header_that_is_not_utf8_is_refused() {
        let mut headers = published();
        headers.insert(CE_USER_ID, HeaderValue::from_bytes(b"\xff").unwrap());

        assert_eq!(
            EventContext::from_headers(&headers),
            Err(EventError::NotUtf8(CE_USER_ID))
        );
    }

    #[test]
    fn a_presence_event_may_lack_its_name() {
        let mut headers = with("ce-type", "azure.webpubsub.gp.joined");
        headers.remove(CE_EVENT_NAME);

        let context = EventContext::from_headers(&headers).unwrap();

        assert_eq!(context.kind, EventKind::GroupJoined);
        assert_eq!(context.event_name, "joined");
    }
}
