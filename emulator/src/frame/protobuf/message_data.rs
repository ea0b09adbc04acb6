//! Parts of the protobuf schema that both directions share.

use std::collections::BTreeMap;

use bytes::Bytes;
use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub(super) struct MessageData {
    #[prost(oneof = "DataBody", tags = "1, 2, 3, 4")]
    pub(super) body: Option<DataBody>,
}

#[derive(Clone, PartialEq, Oneof)]
pub(super) enum DataBody {
    #[prost(string, tag = "1")]
    Text(String),
    #[prost(bytes = "bytes", tag = "2")]
    Binary(Bytes),
    /// A `google.protobuf.Any`, which passes through as it was encoded.
    #[prost(bytes = "bytes", tag = "3")]
    Protobuf(Bytes),
    #[prost(string, tag = "4")]
    Json(String),
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct State {
    #[prost(btree_map = "string, string", tag = "1")]
    pub(super) entries: BTreeMap<String, String>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Empty {}
