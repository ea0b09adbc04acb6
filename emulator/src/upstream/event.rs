//! Events for handlers.

use bytes::Bytes;

use crate::config::SystemEvent;
use crate::message::{Data, Metadata};

/// Something that happened on a connection.
#[derive(Debug)]
pub(super) struct Event<'a> {
    pub(super) kind: EventKind<'a>,
    pub(super) content_type: Option<&'static str>,
    pub(super) body: Bytes,
    pub(super) metadata: &'a Metadata,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventKind<'a> {
    System(SystemEvent),
    User(&'a str),
}

impl<'a> Event<'a> {
    pub(super) fn system(event: SystemEvent, body: Bytes) -> Self {
        const NONE: &Metadata = &Metadata::new();
        Self {
            kind: EventKind::System(event),
            content_type: Some("application/json"),
            body,
            metadata: NONE,
        }
    }

    pub(super) fn user(name: &'a str, data: Data, metadata: &'a Metadata) -> Self {
        Self {
            kind: EventKind::User(name),
            content_type: Some(content_type(&data)),
            body: data.into_bytes(),
            metadata,
        }
    }
}

impl<'a> EventKind<'a> {
    pub(super) fn name(self) -> &'a str {
        match self {
            Self::System(event) => event.name(),
            Self::User(name) => name,
        }
    }

    pub(super) fn cloud_event_type(self) -> String {
        match self {
            Self::System(event @ (SystemEvent::Joined | SystemEvent::Left)) => {
                format!("azure.webpubsub.gp.{}", event.name())
            }
            Self::System(event) => format!("azure.webpubsub.sys.{}", event.name()),
            Self::User(name) => format!("azure.webpubsub.user.{name}"),
        }
    }
}

/// The `Content-Type` of an event with this data.
fn content_type(data: &Data) -> &'static str {
    match data {
        Data::Text(_) => "text/plain; charset=utf-8",
        Data::Json(_) => "application/json",
        Data::Binary(_) => "application/octet-stream",
        Data::Protobuf(_) => "application/x-protobuf",
    }
}
