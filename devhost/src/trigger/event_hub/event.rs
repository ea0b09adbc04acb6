use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::app::DataType;
use crate::clock;
use crate::firing::Firing;
use crate::json::{encode, encoded_text};

/// One event, as a feed spells it; what is left out is made up.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Event {
    /// A text, or any JSON that is sent as text.
    body: Value,
    /// Bytes that are no text, instead of a body.
    base64: Option<String>,
    partition_key: Option<String>,
    offset: Option<String>,
    sequence_number: Option<i64>,
    enqueued_time_utc: Option<String>,
    properties: Map<String, Value>,
    system_properties: Map<String, Value>,
}

pub(super) struct Facts {
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

    /// A text alone is an event, too.
    pub(super) fn parse(spelled: Value) -> Result<Self, String> {
        let event: Self = match spelled {
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

    /// What the hub says about the event, the `at`th of its batch.
    pub(super) fn facts(&self, at: usize) -> Facts {
        let at = i64::try_from(at).unwrap_or(i64::MAX);
        let now = || clock::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        Facts {
            partition_key: self.partition_key.clone().into(),
            offset: self.offset.clone().unwrap_or_else(|| at.to_string()),
            sequence_number: self.sequence_number.unwrap_or(at),
            enqueued_time_utc: self.enqueued_time_utc.clone().unwrap_or_else(now),
            properties: self.properties.clone(),
            system_properties: self.system_properties.clone(),
        }
    }

    pub(super) fn single(&self, at: usize, context: Value, data_type: DataType) -> Firing {
        let facts = self.facts(at);
        let text = self.text();
        // Outside of lists a time loses its zone.
        let enqueued = facts.enqueued_time_utc.trim_end_matches('Z');
        let mut metadata = members(json!({
            "PartitionContext": context,
            "PartitionKey": encode(&facts.partition_key),
            "Offset": encoded_text(&facts.offset),
            "SequenceNumber": facts.sequence_number.to_string(),
            "EnqueuedTimeUtc": enqueued.split('.').next().unwrap_or_default(),
            "Properties": facts.properties,
            "SystemProperties": facts.system_properties,
        }));
        if facts.partition_key.is_null() {
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

    /// The event as one of many. Without a data type each has to be JSON, or the batch fails.
    pub(super) fn element(&self, data_type: DataType) -> Result<Value, String> {
        match data_type {
            DataType::Binary => Ok(self.base64().into()),
            DataType::Text => Ok(self.text().into()),
            DataType::Unset => serde_json::from_slice(&self.bytes()).map_err(|error| {
                format!(
                    "an event of the batch is not JSON ({error}), and with cardinality many and no \
                     dataType the host then fails the whole batch; set dataType to string"
                )
            }),
        }
    }

    fn base64(&self) -> String {
        STANDARD.encode(self.bytes())
    }
}

pub(super) fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
