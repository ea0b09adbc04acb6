//! The protobuf schema of what clients send, package `azure.webpubsub`. Names and field numbers follow
//! the published definition; fields that the emulator never reads are left out.

use std::collections::BTreeMap;

use prost::{Message, Oneof};

use super::message_data::{Empty, MessageData, State};

/// Everything that a client sends.
#[derive(Clone, PartialEq, Message)]
pub(super) struct UpstreamMessage {
    #[prost(
        oneof = "UpstreamBody",
        tags = "1, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17"
    )]
    pub(super) body: Option<UpstreamBody>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum UpstreamBody {
    #[prost(message, tag = "1")]
    SendToGroup(SendToGroup),
    #[prost(message, tag = "5")]
    Event(Event),
    #[prost(message, tag = "6")]
    JoinGroup(GroupRequest),
    #[prost(message, tag = "7")]
    LeaveGroup(GroupRequest),
    #[prost(message, tag = "8")]
    SequenceAck(SequenceAck),
    #[prost(message, tag = "9")]
    Ping(Empty),
    #[prost(message, tag = "10")]
    Invoke(Invoke),
    #[prost(message, tag = "11")]
    CancelInvocation(CancelInvocation),
    #[prost(message, tag = "13")]
    StreamData(StreamData),
    #[prost(message, tag = "14")]
    StreamEnd(StreamEnd),
    #[prost(message, tag = "15")]
    SetGroupState(SetGroupState),
    #[prost(message, tag = "16")]
    SubscribeGroupState(GroupRequest),
    #[prost(message, tag = "17")]
    UnsubscribeGroupState(GroupRequest),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SendToGroup {
    /// Optional here, like every group: a missing group makes a frame invalid, an empty one is
    /// only refused.
    #[prost(string, optional, tag = "1")]
    pub(super) group: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(super) ack_id: Option<u64>,
    #[prost(message, optional, tag = "3")]
    pub(super) data: Option<MessageData>,
    #[prost(bool, tag = "4")]
    pub(super) no_echo: bool,
    #[prost(uint64, tag = "5")]
    pub(super) ttl_seconds: u64,
    #[prost(btree_map = "string, string", tag = "6")]
    pub(super) metadata: BTreeMap<String, String>,
    #[prost(message, optional, tag = "7")]
    pub(super) stream: Option<StreamStart>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamStart {
    #[prost(string, optional, tag = "1")]
    pub(super) stream_id: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(super) idle_timeout_ms: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Event {
    #[prost(string, tag = "1")]
    pub(super) event: String,
    #[prost(message, optional, tag = "2")]
    pub(super) data: Option<MessageData>,
    #[prost(uint64, optional, tag = "3")]
    pub(super) ack_id: Option<u64>,
    #[prost(btree_map = "string, string", tag = "4")]
    pub(super) metadata: BTreeMap<String, String>,
}

/// `JoinGroupMessage` and the others that consist of a group and an ack id.
#[derive(Clone, PartialEq, Message)]
pub(super) struct GroupRequest {
    #[prost(string, optional, tag = "1")]
    pub(super) group: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(super) ack_id: Option<u64>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SequenceAck {
    #[prost(uint64, tag = "1")]
    pub(super) sequence_id: u64,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Invoke {
    #[prost(string, tag = "1")]
    pub(super) event: String,
    #[prost(string, optional, tag = "2")]
    pub(super) invocation_id: Option<String>,
    #[prost(message, optional, tag = "3")]
    pub(super) data: Option<MessageData>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct CancelInvocation {
    #[prost(string, optional, tag = "1")]
    pub(super) invocation_id: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamData {
    #[prost(string, optional, tag = "1")]
    pub(super) stream_id: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(super) stream_sequence_id: Option<u64>,
    #[prost(message, optional, tag = "3")]
    pub(super) data: Option<MessageData>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamEnd {
    #[prost(string, optional, tag = "1")]
    pub(super) stream_id: Option<String>,
    #[prost(message, optional, tag = "2")]
    pub(super) error: Option<StreamEndError>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct StreamEndError {
    #[prost(string, tag = "1")]
    pub(super) message: String,
    #[prost(string, optional, tag = "2")]
    pub(super) user_error_code: Option<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct SetGroupState {
    #[prost(string, optional, tag = "1")]
    pub(super) group: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    pub(super) ack_id: Option<u64>,
    #[prost(message, optional, tag = "3")]
    pub(super) state: Option<State>,
}
