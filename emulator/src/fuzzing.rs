//! Entry points for the fuzzers in `fuzz/`, which can call only public functions. Each parses
//! untrusted input and checks that accepted input can be used.

use std::sync::Arc;

use bytes::Bytes;
use tokio_tungstenite::tungstenite::{Message as WsMessage, Utf8Bytes};

use crate::config::{Config, EventHandler, Keys};
use crate::connection::Connection;
use crate::filter::Filter;
use crate::frame::{ClientFrame, Outgoing, SimpleMode};
use crate::message::{Message, Source};
use crate::permissions::{Permission, Permissions};
use crate::protocol::{Agreed, Protocol};
use crate::token::{Claims, sign};
use crate::upstream::{Identity, Origin};

/// A text frame of a JSON client.
pub fn json_frame(text: &str) {
    frame(WsMessage::text(text), Protocol::Json { reliable: true });
}

/// A binary frame of a protobuf client.
pub fn protobuf_frame(bytes: &[u8]) {
    let bytes = Bytes::copy_from_slice(bytes);
    let protocol = Protocol::Protobuf { reliable: true };
    frame(WsMessage::Binary(bytes), protocol);
}

/// A message from a client must be encodable in every protocol.
fn frame(frame: WsMessage, protocol: Protocol) {
    let Ok(ClientFrame::SendToGroup(sent)) = protocol.decode(frame, &SimpleMode::default()) else {
        return;
    };
    let source = Source::Group {
        group: sent.group.into(),
        user: Some("ann".into()),
    };
    let mut message = Message::new(source, sent.data);
    message.metadata = sent.metadata;
    let outgoing = Outgoing::Message(Arc::new(message), Some(1));
    for reliable in [false, true] {
        let json = Protocol::Json { reliable }.encode(&outgoing);
        if let Some(WsMessage::Text(text)) = json {
            assert!(is_json(&text), "{text}");
        }
        Protocol::Protobuf { reliable }.encode(&outgoing);
    }
    Protocol::Simple.encode(&outgoing);
}

fn is_json(text: &Utf8Bytes) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// The filter of a REST call.
pub fn filter(text: &str) {
    let Ok(filter) = Filter::parse(text) else {
        return;
    };
    let keys = Keys::default();
    for user in [None, Some("ann")] {
        let identity = Identity::new("c1", "chat", Origin::new("localhost"), &keys);
        let agreed = Agreed::from_offer(&[]);
        let connection = Connection::new(identity, user, agreed, Vec::new());
        connection.groups.lock().insert("lobby".into());
        filter.matches(&connection);
    }
}

/// The token of a client or of a REST call. The claims of an unsigned token are signed and read as
/// well.
pub fn token(text: &str) {
    const NOW: i64 = 1_700_000_000;
    let keys = Keys::default();
    let _ = Claims::verify(text, &keys, NOW);
    let _ = Claims::unverified(text, NOW);
    let Ok(claims) = serde_json::from_str(text) else {
        return;
    };
    if let Ok(claims) = Claims::verify(&sign(&claims, &keys), &keys, NOW) {
        claims.user();
        for name in claims.names() {
            claims.strings(name);
        }
    }
}

/// A role, and on the next line a group to check it against.
pub fn role(text: &str) {
    let (role, group) = text.split_once('\n').unwrap_or((text, "g"));
    let permissions = Permissions::from_roles([role]);
    for permission in [Permission::JoinLeaveGroup, Permission::SendToGroup] {
        permissions.allows(permission, group);
    }
}

/// A configuration file; after a NUL character, environment settings, one per line.
pub fn config(text: &str) {
    let (file, environment) = text.split_once('\0').unwrap_or((text, ""));
    let settings = environment.lines().filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        Some((format!("WebPubSub__{name}"), value.to_owned()))
    });
    let file = (!file.is_empty()).then_some(file);
    let Ok(config) = Config::from_settings(file, settings) else {
        return;
    };
    let connection_string = config.connection_string(([127, 0, 0, 1], 8080).into());
    assert_eq!(connection_string.matches(';').count(), 3);
    for handler in config.hubs.values().flat_map(|hub| &hub.handlers) {
        is_url(handler);
    }
}

/// The URL template of an event handler.
pub fn url_template(text: &str) {
    if let Ok(handler) = EventHandler::all(text) {
        is_url(&handler);
    }
}

fn is_url(handler: &EventHandler) {
    let url = handler.url("chat", "a/b?c#d é");
    assert!(url.parse::<http::Uri>().is_ok(), "{url}");
}
