//! An exported message that a client has not acknowledged.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::message::{Data, Message, Metadata, Source};
use crate::names::is_group;

/// A part of a stream is exported as a plain message, because streams cannot be exported.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MessageSnapshot {
    sequence_id: u64,
    /// Absent for a message from the server.
    group: Option<String>,
    from_user_id: Option<String>,
    data_type: DataType,
    /// Binary data is base64.
    data: String,
    metadata: Metadata,
    /// Milliseconds since 1970.
    expires_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum DataType {
    Text,
    Json,
    Binary,
    Protobuf,
}

impl MessageSnapshot {
    pub(super) fn take(sequence_id: u64, message: &Message) -> Self {
        let (group, user) = match &message.source {
            Source::Server => (None, None),
            Source::Group { group, user } => (Some(group), user.as_ref()),
        };
        let (data_type, data) = match &message.data {
            Data::Text(text) => (DataType::Text, text.to_string()),
            Data::Json(text) => (DataType::Json, text.to_string()),
            Data::Binary(bytes) => (DataType::Binary, STANDARD.encode(bytes)),
            Data::Protobuf(bytes) => (DataType::Protobuf, STANDARD.encode(bytes)),
        };
        Self {
            sequence_id,
            group: group.map(|group| group.to_string()),
            from_user_id: user.map(|user| user.to_string()),
            data_type,
            data,
            metadata: message.metadata.clone(),
            expires_at: message.expires_at,
        }
    }

    /// `None` if the data does not match its type.
    pub(super) fn restore(self) -> Option<(u64, Message)> {
        let bytes = |text: &str| STANDARD.decode(text).ok().map(Bytes::from);
        let data = match self.data_type {
            DataType::Text => Data::Text(self.data.into()),
            DataType::Json => Data::json(self.data.into())?,
            DataType::Binary => Data::Binary(bytes(&self.data)?),
            DataType::Protobuf => Data::Protobuf(bytes(&self.data)?),
        };
        let source = match self.group {
            Some(group) => Source::Group {
                group: is_group(&group).then(|| group.into())?,
                user: self.from_user_id.map(Into::into),
            },
            None => Source::Server,
        };
        let mut message = Message::new(source, data);
        message.metadata = self.metadata;
        message.expires_at = self.expires_at;
        Some((self.sequence_id, message))
    }
}
