//! A message on its way to clients: made once, encoded at most once for each protocol, shared
//! by all its receivers.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio_tungstenite::tungstenite::Utf8Bytes;

/// What a message holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Data {
    Text(Utf8Bytes),
    /// One JSON value, as it was written.
    Json(Utf8Bytes),
    Binary(Bytes),
    /// An encoded `google.protobuf.Any`.
    Protobuf(Bytes),
}

impl Data {
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
        /// Who published; nobody when it came over REST.
        user: Option<Arc<str>>,
    },
}

/// Where in a publisher's stream a message stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StreamPart {
    pub(crate) stream: Arc<str>,
    pub(crate) sequence: u64,
    pub(crate) end: Option<StreamEnd>,
}

/// The last message of a stream.
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
    /// One that the service makes, not the publisher.
    pub(crate) fn by_service(name: &'static str, message: impl Into<String>) -> Self {
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
    /// In milliseconds since 1970; not delivered from then on.
    pub(crate) expires_at: Option<i64>,
    pub(crate) encoded: Encoded,
}

/// What the protocols made of a message so far.
#[derive(Debug, Default)]
pub(crate) struct Encoded {
    /// A whole JSON frame.
    pub(crate) json: OnceLock<Utf8Bytes>,
    /// A JSON frame up to where a reliable client's sequence id goes.
    pub(crate) json_open: OnceLock<String>,
    /// The fields of a protobuf `DataMessage` but for the sequence id.
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
            encoded: Encoded::default(),
        }
    }

    /// Zero seconds are for ever.
    pub(crate) fn expire_after(&mut self, ttl_seconds: u32, now_ms: i64) {
        self.expires_at = (ttl_seconds > 0).then(|| now_ms + i64::from(ttl_seconds) * 1000);
    }

    pub(crate) fn is_expired(&self, now_ms: i64) -> bool {
        self.expires_at.is_some_and(|at| at <= now_ms)
    }

    /// What it weighs in a buffer.
    pub(crate) fn size(&self) -> usize {
        self.data.len() + 64
    }
}
