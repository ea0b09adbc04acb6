//! How a connection identifies itself to handlers, and the state that they set on it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use hmac::Mac as _;
use http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue};

use super::cookies::Cookies;
use super::event::Event;
use crate::config::Keys;
use crate::lock::Mutex;
use crate::{ids, metadata, token};

const CONNECTION_STATE: HeaderName = HeaderName::from_static("ce-connectionstate");
pub(super) const REQUEST_ORIGIN: HeaderName = HeaderName::from_static("webhook-request-origin");
pub(super) const AWPS_VERSION: HeaderName = HeaderName::from_static("ce-awpsversion");

/// The host in the client's URL. A handler must allow it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Origin {
    authority: Arc<str>,
}

impl Origin {
    pub(crate) fn new(authority: &str) -> Self {
        Self {
            authority: authority.into(),
        }
    }

    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// The host without the port, which is how the service names itself.
    pub(crate) fn host(&self) -> &str {
        match self.authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
            _ => &self.authority,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Identity {
    connection: Arc<str>,
    hub: HeaderValue,
    pub(super) origin: Origin,
    signature: HeaderValue,
    user: Option<HeaderValue>,
    subprotocol: Option<HeaderValue>,
    next_event: AtomicU64,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    state: Option<HeaderValue>,
    cookies: Cookies,
}

impl Identity {
    pub(crate) fn new(connection: &str, hub: &str, origin: Origin, keys: &Keys) -> Self {
        Self {
            connection: connection.into(),
            hub: text(hub).unwrap_or_else(|| HeaderValue::from_static("")),
            origin,
            signature: signature(connection, keys),
            user: None,
            subprotocol: None,
            next_event: AtomicU64::new(0),
            kept: Mutex::default(),
        }
    }

    pub(crate) fn connection(&self) -> &Arc<str> {
        &self.connection
    }

    pub(crate) fn set_user(&mut self, user: Option<&str>) {
        self.user = user.and_then(|user| text(user.trim()));
    }

    pub(crate) fn set_subprotocol(&mut self, subprotocol: Option<&str>) {
        self.subprotocol = subprotocol.and_then(text);
    }

    /// Event ids count from zero, the `connect` event.
    pub(super) fn next_event_id(&self) -> u64 {
        self.next_event.fetch_add(1, Ordering::Relaxed)
    }

    /// The connection state that the handler set.
    pub(crate) fn state(&self) -> Option<String> {
        let kept = self.kept.lock();
        let state = kept.state.as_ref()?;
        Some(String::from_utf8_lossy(state.as_bytes()).into_owned())
    }

    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    pub(crate) fn cookies(&self) -> BTreeMap<String, String> {
        self.kept.lock().cookies.to_map()
    }

    /// The number of events so far.
    pub(crate) fn events_so_far(&self) -> u64 {
        self.next_event.load(Ordering::Relaxed)
    }

    /// Continues a connection that was exported by another emulator.
    pub(crate) fn restore(
        &mut self,
        state: Option<&str>,
        cookies: BTreeMap<String, String>,
        next_event: u64,
    ) {
        self.next_event = AtomicU64::new(next_event);
        self.kept = Mutex::new(Kept {
            state: state.and_then(text),
            cookies: Cookies::from_map(cookies),
        });
    }

    pub(super) fn headers(&self, event: &Event<'_>, id: u64, time: &str) -> HeaderMap {
        let request_id = ids::random();
        let trace = request_id.simple();
        let parent = &trace.to_string()[..16];
        let mut headers = HeaderMap::with_capacity(20);
        let mut set = |name: &'static str, value: Option<HeaderValue>| {
            if let Some(value) = value {
                headers.insert(HeaderName::from_static(name), value);
            }
        };
        set("webhook-request-origin", text(self.origin.host()));
        set("ce-awpsversion", Some(HeaderValue::from_static("1.0")));
        set("ce-specversion", Some(HeaderValue::from_static("1.0")));
        set("ce-type", text(&event.kind.cloud_event_type()));
        set(
            "ce-source",
            text(&format!(
                "/hubs/{}/client/{}",
                self.hub.to_str().unwrap_or_default(),
                self.connection
            )),
        );
        set("ce-id", Some(HeaderValue::from(id)));
        set("ce-time", text(time));
        set("ce-signature", Some(self.signature.clone()));
        set("ce-connectionid", text(&self.connection));
        set("ce-hub", Some(self.hub.clone()));
        set("ce-eventname", text(event.kind.name()));
        set("ce-userid", self.user.clone());
        set("ce-subprotocol", self.subprotocol.clone());
        set(
            "content-type",
            event.content_type.map(HeaderValue::from_static),
        );
        set("content-length", Some(HeaderValue::from(event.body.len())));
        set("x-ms-client-request-id", text(&request_id.to_string()));
        set("traceparent", text(&format!("00-{trace}-{parent}-00")));
        let kept = self.kept.lock();
        set("ce-connectionstate", kept.state.clone());
        if let Some(cookies) = kept.cookies.header() {
            headers.insert(COOKIE, cookies);
        }
        drop(kept);
        for (key, value) in event.metadata {
            let name = HeaderName::try_from(format!("{}{key}", metadata::HEADER_PREFIX));
            if let (Ok(name), Some(value)) = (name, text(value)) {
                headers.insert(name, value);
            }
        }
        headers
    }

    /// The answer to a blocking event sets the state; an empty value counts too.
    pub(super) fn remember_state(&self, answer: &HeaderMap) {
        if let Some(state) = answer.get(CONNECTION_STATE) {
            self.kept.lock().state = Some(state.clone());
        }
    }

    pub(super) fn remember_cookies(&self, answer: &HeaderMap) {
        if answer.contains_key(http::header::SET_COOKIE) {
            self.kept.lock().cookies.remember(answer);
        }
    }
}

/// A header value, in raw UTF-8; `None` for control characters.
fn text(value: &str) -> Option<HeaderValue> {
    HeaderValue::from_bytes(value.as_bytes()).ok()
}

/// HMACs of the connection id, one for each key.
fn signature(connection: &str, keys: &Keys) -> HeaderValue {
    let parts: Vec<String> = keys
        .iter()
        .filter_map(|key| token::mac(key, connection.as_bytes()))
        .map(|mac| {
            let hex: String = mac
                .finalize()
                .into_bytes()
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("sha256={hex}")
        })
        .collect();
    text(&parts.join(",")).unwrap_or_else(|| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Data, Metadata};

    fn identity() -> Identity {
        let keys = Keys::new(&"k".repeat(32), Some(&"s".repeat(32))).unwrap();
        Identity::new("conn", "chat", Origin::new("localhost:8080"), &keys)
    }

    fn event(metadata: &Metadata) -> Event<'_> {
        Event::user("e", Data::Text("hi".into()), metadata)
    }

    #[test]
    fn an_event_has_every_header() {
        let mut identity = identity();
        identity.set_user(Some(" Jürgen "));
        identity.set_subprotocol(Some("json.webpubsub.azure.v1"));
        let metadata = Metadata::from([("trace".to_owned(), "1".to_owned())]);

        let headers = identity.headers(&event(&metadata), 7, "2021-01-01T00:00:00Z");

        let expected = [
            ("webhook-request-origin", "localhost"),
            ("ce-specversion", "1.0"),
            ("ce-awpsversion", "1.0"),
            ("ce-type", "azure.webpubsub.user.e"),
            ("ce-source", "/hubs/chat/client/conn"),
            ("ce-id", "7"),
            ("ce-time", "2021-01-01T00:00:00Z"),
            ("ce-connectionid", "conn"),
            ("ce-hub", "chat"),
            ("ce-eventname", "e"),
            ("ce-userid", "Jürgen"),
            ("ce-subprotocol", "json.webpubsub.azure.v1"),
            ("content-type", "text/plain; charset=utf-8"),
            ("content-length", "2"),
            ("x-webpubsub-metadata-trace", "1"),
        ];
        for (name, value) in expected {
            assert_eq!(
                headers.get(name).map(HeaderValue::as_bytes),
                Some(value.as_bytes()),
                "{name}"
            );
        }
        assert!(!headers.contains_key("ce-connectionstate"));
    }

    #[test]
    fn both_keys_sign_the_connection_id() {
        let keys = Keys::new(&"k".repeat(32), Some(&"s".repeat(32))).unwrap();

        let both = signature("conn", &keys);

        let parts: Vec<_> = both.to_str().unwrap().split(',').collect();
        assert_eq!(parts.len(), 2);
        // HMAC-SHA256 of `conn` under 32 times `k`, from an independent implementation.
        assert_eq!(
            parts[0],
            "sha256=c43bb868dda434d4469c2231a4b4b21b00c68aabf67a7147c99cac96bb09c063"
        );
    }

    #[test]
    fn a_state_is_kept_until_it_is_replaced_even_by_an_empty_one() {
        let identity = identity();
        let none = Metadata::new();
        let answer =
            |state| HeaderMap::from_iter([(CONNECTION_STATE, HeaderValue::from_static(state))]);

        identity.remember_state(&answer("abc"));
        identity.remember_state(&HeaderMap::new());
        let kept = identity
            .headers(&event(&none), 0, "")
            .remove(CONNECTION_STATE);
        identity.remember_state(&answer(""));
        let emptied = identity
            .headers(&event(&none), 0, "")
            .remove(CONNECTION_STATE);

        assert_eq!(kept.unwrap(), "abc");
        assert_eq!(emptied.unwrap(), "");
    }

    #[test]
    fn an_origin_has_no_port() {
        assert_eq!(Origin::new("localhost:8080").host(), "localhost");
        assert_eq!(Origin::new("[::1]:80").host(), "[::1]");
        assert_eq!(Origin::new("host").host(), "host");
    }
}
