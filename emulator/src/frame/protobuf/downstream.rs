//! The protobuf schema of what the service sends, package `azure.webpubsub`. Names and field numbers
//! follow the published definition; fields that the emulator never writes are left out.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

use super::message_data::{Empty, MessageData, State};

/// Everything that the service sends.
#[derive(Clone, PartialEq, Message)]
pub(super) struct DownstreamMessage {
    #[prost(oneof = "DownstreamBody", tags = "1, 2, 3, 4, 5, 6, 7, 8, 9, 10")]
    pub(super) body: Option<DownstreamBody>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum DownstreamBody {
    #[prost(message, tag = "1")]
    Ack(Ack),
    #[prost(message, tag = "2")]
    Data(DataMessage),
    #[prost(message, tag = "3")]
    System(SystemMessage),
    #[prost(message, tag = "4")]
    Pong(Empty),
    #[prost(message, tag = "5")]
    InvokeResponse(InvokeResponse),
    #[prost(message, tag = "6")]
    StreamAck(StreamAck),
    #[prost(message, tag = "7")]
    StreamNack(StreamNack),
    #[prost(message, tag = "8")]
    StreamClosed(StreamClosed),
    #[prost(message, tag = "9")]
    GroupStateUpdate(GroupState),
    #[prost(message, tag = "10")]
    GroupStateSnapshot(GroupState),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Ack {
    /// Optional here, so that the id zero is written too.
    #[prost(uint64, optional, tag = "1")]
    pub(super) ack_id: Option<u64>,
    #[prost(bool, tag = "2")]
    pub(super) success: bool,
    #[prost(message, optional, tag = "3")]
    pub(super) error: Option<Error>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Error {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) message: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct DataMessage {
    #[prost(string, tag = "1")]
    pub(super) from: String,
    #[prost(string, optional, tag = "2")]
    pub(super) group: Option<String>,
    #[prost(message, optional, tag = "3")]
    pub(super) data: Option<MessageData>,
    /// See [`SEQUENCE_ID`], which the encoder appends by itself.
    #[prost(uint64, optional, tag = "4")]
    pub(super) sequence_id: Option<u64>,
    #[prost(btree_map = "string, string", tag = "5")]
    pub(super) metadata: BTreeMap<String, String>,
    #[prost(message, optional, tag = "6")]
    pub(super) stream: Option<StreamInfo>,
}

/// The position of a message in a stream.
#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamInfo {
    #[prost(string, tag = "1")]
    pub(super) stream_id: String,
    #[prost(uint64, tag = "2")]
    pub(super) stream_sequence_id: u64,
    #[prost(bool, optional, tag = "3")]
    pub(super) end_of_stream: Option<bool>,
    #[prost(message, optional, tag = "4")]
    pub(super) error: Option<StreamError>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamError {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) message: String,
    #[prost(string, tag = "3")]
    pub(super) user_error_code: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct InvokeResponse {
    #[prost(string, tag = "1")]
    pub(super) invocation_id: String,
    #[prost(bool, tag = "2")]
    pub(super) success: bool,
    #[prost(message, optional, tag = "3")]
    pub(super) data: Option<MessageData>,
    #[prost(message, optional, tag = "4")]
    pub(super) error: Option<Error>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamAck {
    #[prost(string, tag = "1")]
    pub(super) stream_id: String,
    #[prost(uint64, tag = "2")]
    pub(super) expected_sequence_id: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamNack {
    #[prost(string, tag = "1")]
    pub(super) stream_id: String,
    #[prost(string, tag = "2")]
    pub(super) name: String,
    #[prost(string, tag = "3")]
    pub(super) message: String,
    #[prost(uint64, tag = "4")]
    pub(super) expected_sequence_id: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamClosed {
    #[prost(string, tag = "1")]
    pub(super) stream_id: String,
    #[prost(message, optional, tag = "2")]
    pub(super) error: Option<Error>,
}

/// The field number of [`DownstreamBody::Data`].
pub(super) const DATA: u32 = 2;
/// The field number of [`DataMessage::sequence_id`].
pub(super) const SEQUENCE_ID: u32 = 4;

#[derive(Clone, PartialEq, Message)]
pub(super) struct SystemMessage {
    #[prost(oneof = "SystemBody", tags = "1, 2")]
    pub(super) body: Option<SystemBody>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum SystemBody {
    #[prost(message, tag = "1")]
    Connected(Connected),
    #[prost(message, tag = "2")]
    Disconnected(Disconnected),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Connected {
    #[prost(string, tag = "1")]
    pub(super) connection_id: String,
    #[prost(string, tag = "2")]
    pub(super) user_id: String,
    #[prost(string, tag = "3")]
    pub(super) reconnection_token: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Disconnected {
    #[prost(string, tag = "2")]
    pub(super) reason: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct GroupState {
    #[prost(string, tag = "1")]
    pub(super) group: String,
    #[prost(message, repeated, tag = "2")]
    pub(super) items: Vec<GroupStateItem>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct GroupStateItem {
    #[prost(string, tag = "1")]
    pub(super) connection_id: String,
    #[prost(string, optional, tag = "2")]
    pub(super) user_id: Option<String>,
    #[prost(message, optional, tag = "3")]
    pub(super) state: Option<State>,
    #[prost(uint64, tag = "4")]
    pub(super) updated_at: u64,
}
