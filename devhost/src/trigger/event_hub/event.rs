//! One event.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::app::DataType;
use crate::clock;
use crate::firing::Firing;
use crate::json::{encode, encoded_text};

/// One event of a feed. Missing properties get default values.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Event {
    /// A string, or any JSON, which is sent as its text.
    body: Value,
    /// Binary data, instead of a body.
    base64: Option<String>,
    partition_key: Option<String>,
    offset: Option<String>,
    sequence_number: Option<i64>,
    enqueued_time_utc: Option<String>,
    properties: Map<String, Value>,
    system_properties: Map<String, Value>,
}

/// The properties that an event hub adds to an event.
pub(super) struct EventProperties {
    pub(super) partition_key: Value,
    pub(super) offset: String,
    pub(super) sequence_number: i64,
    pub(super) enqueued_time_utc: String,
    pub(super) properties: Map<String, Value>,
    pub(super) system_properties: Map<String, Value>,
}

impl Event {
    pub(crate) fn of_text(text: String) -> Self {
        Self {
            body: text.into(),
            ..Self::default()
        }
    }

    /// Parses an object, or a string that is the event's text.
    pub(super) fn parse(value: Value) -> Result<Self, String> {
        let event: Self = match value {
            Value::String(text) => Self::of_text(text),
            object => serde_json::from_value(object).map_err(|error| error.to_string())?,
        };
        match &event.base64 {
            Some(text) if STANDARD.decode(text).is_err() => {
                Err("the base64 of an event is not valid".to_owned())
            }
            _ => Ok(event),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        match (&self.base64, &self.body) {
            (Some(encoded), _) => STANDARD.decode(encoded).unwrap_or_default(),
            (None, Value::String(text)) => text.clone().into_bytes(),
            (None, other) => other.to_string().into_bytes(),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    /// The properties of the event with this index in its batch.
    pub(super) fn properties(&self, index: usize) -> EventProperties {
        let number = i64::try_from(index).unwrap_or(i64::MAX);
        let now = || clock::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        EventProperties {
            partition_key: self.partition_key.clone().into(),
            offset: self.offset.clone().unwrap_or_else(|| number.to_string()),
            sequence_number: self.sequence_number.unwrap_or(number),
            enqueued_time_utc: self.enqueued_time_utc.clone().unwrap_or_else(now),
            properties: self.properties.clone(),
            system_properties: self.system_properties.clone(),
        }
    }

    pub(super) fn single(&self, index: usize, context: Value, data_type: DataType) -> Firing {
        let properties = self.properties(index);
        let text = self.text();
        // A time loses its zone, except in a list.
        let enqueued = properties.enqueued_time_utc.trim_end_matches('Z');
        let mut metadata = object(json!({
            "PartitionContext": context,
            "PartitionKey": encode(&properties.partition_key),
            "Offset": encoded_text(&properties.offset),
            "SequenceNumber": properties.sequence_number.to_string(),
            "EnqueuedTimeUtc": enqueued.split('.').next().unwrap_or_default(),
            "Properties": properties.properties,
            "SystemProperties": properties.system_properties,
        }));
        if properties.partition_key.is_null() {
            metadata.shift_remove("PartitionKey");
        }
        let data = match data_type {
            DataType::Binary => self.base64().into(),
            DataType::Text | DataType::Unset => encoded_text(&text),
        };
        Firing {
            data,
            metadata,
            payload: Some(text),
        }
    }

    /// The event as an element of a batch. Without a data type, an event that is not JSON fails the
    /// whole batch.
    pub(super) fn element(&self, data_type: DataType) -> Result<Value, String> {
        match data_type {
            DataType::Binary => Ok(self.base64().into()),
            DataType::Text => Ok(self.text().into()),
            DataType::Unset => serde_json::from_slice(&self.bytes()).map_err(|error| {
                format!(
                    "an event of the batch is not JSON ({error}), which fails the whole batch if \
                     cardinality is many and dataType is not set; set dataType to string"
                )
            }),
        }
    }

    fn base64(&self) -> String {
        STANDARD.encode(self.bytes())
    }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
