//! A message as it comes from the hub, and as clients receive it.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::body::Body;
use crate::clock::rfc3339;
use crate::ids::target::DeviceId;

/// One partition of one event stream: where a sequence number means something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source(String);

impl Source {
    /// A hub that fails over gets another namespace, and counts from the beginning.
    pub fn new(namespace: &str, hub: &str, partition: &str) -> Self {
        Self(format!("{namespace}/{hub}/{partition}"))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A device's message.
#[derive(Debug, Clone)]
pub struct Message {
    pub device: DeviceId,
    pub sequence: i64,
    /// When the hub took it, if the hub said so.
    pub enqueued_at: Option<Timestamp>,
    pub properties: Map<String, Value>,
    pub body: Body,
}

/// What those who watch the device receive.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename = "telemetry", rename_all = "camelCase")]
pub struct TelemetryFrame<'a> {
    device_id: &'a DeviceId,
    enqueued_at: String,
    sequence: i64,
    #[schema(value_type = BTreeMap<String, Value>)]
    properties: &'a Map<String, Value>,
    #[schema(value_type = Value)]
    body: &'a Body,
}

impl Message {
    pub(super) fn frame(&self, now: Timestamp) -> TelemetryFrame<'_> {
        TelemetryFrame {
            device_id: &self.device,
            enqueued_at: rfc3339(self.enqueued_at.unwrap_or(now)),
            sequence: self.sequence,
            properties: &self.properties,
            body: &self.body,
        }
    }
}
