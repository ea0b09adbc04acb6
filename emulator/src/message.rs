//! A message for clients. All its receivers share it, and each protocol encodes it at most once.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// The content of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Data {
    Text(Utf8Bytes),
    /// One JSON value, unchanged: see [`Data::json`].
    Json(Utf8Bytes),
    Binary(Bytes),
    /// An encoded `google.protobuf.Any`.
    Protobuf(Bytes),
}

impl Data {
    /// `None` unless the text is exactly one JSON value.
    pub(crate) fn json(text: Utf8Bytes) -> Option<Self> {
        let is_value = serde_json::from_str::<&RawValue>(&text).is_ok();
        is_value.then_some(Self::Json(text))
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Text(text) | Self::Json(text) => text.len(),
            Self::Binary(bytes) | Self::Protobuf(bytes) => bytes.len(),
        }
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(text) | Self::Json(text) => text.into(),
            Self::Binary(bytes) | Self::Protobuf(bytes) => bytes,
        }
    }
}

/// Keys in lower case.
pub(crate) type Metadata = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    Server,
    Group {
        group: Arc<str>,
        /// The user who published it; `None` if it came over REST.
        user: Option<Arc<str>>,
    },
}

/// The position of a message in its publisher's stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamPart {
    pub(crate) stream: Arc<str>,
    pub(crate) sequence: u64,
    pub(crate) end: Option<StreamEnd>,
}

/// Marks the last message of a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamEnd {
    pub(crate) error: Option<StreamError>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamError {
    pub(crate) name: &'static str,
    pub(crate) message: String,
    pub(crate) user_code: Option<String>,
}

impl StreamError {
    /// An error that the publisher ended its stream with.
    pub(crate) fn by_publisher(message: String, user_code: Option<String>) -> Self {
        Self {
            name: "UserError",
            message,
            user_code,
        }
    }

    /// An error that the service raised, not the publisher.
    pub(crate) fn from_service(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            message: message.into(),
            user_code: None,
        }
    }
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) source: Source,
    pub(crate) data: Data,
    pub(crate) metadata: Metadata,
    pub(crate) stream: Option<StreamPart>,
    /// Milliseconds since 1970. From then on the message is not delivered.
    pub(crate) expires_at: Option<i64>,
    /// Many connections receive it, see [`Outbox::next`](crate::outbox::Outbox::next).
    pub(crate) crowded: bool,
    pub(crate) encoded: Encoded,
}

/// Cached encodings of a message.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    /// A whole JSON frame.
    pub(crate) json: OnceLock<Utf8Bytes>,
    /// A JSON frame without its end, for a sequence id to follow.
    pub(crate) json_open: OnceLock<String>,
    /// A protobuf `DataMessage` without its sequence id.
    pub(crate) protobuf: OnceLock<Bytes>,
}

impl Message {
    pub(crate) fn new(source: Source, data: Data) -> Self {
        Self {
            source,
            data,
            metadata: Metadata::new(),
            stream: None,
            expires_at: None,
            crowded: false,
            encoded: Encoded::default(),
        }
    }

    /// Zero seconds mean that the message never expires.
    pub(crate) fn expire_after(&mut self, ttl_seconds: u32, now_ms: i64) {
        self.expires_at = (ttl_seconds > 0).then(|| now_ms + i64::from(ttl_seconds) * 1000);
    }

    pub(crate) fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now_ms)
    }

    /// The approximate number of bytes that the message takes in a buffer.
    pub(crate) fn size(&self) -> usize {
        self.data.len() + 64
    }
}
