use base64::Engine as _;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Firing;
use crate::app::{DataType, Trigger};
use crate::clock;
use crate::host::Host;
use crate::json::{encode, encoded_text};

/// A batch of events, as `POST /admin/feed/<event hub>` takes it.
#[derive(Debug, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Feed {
    pub(crate) namespace: String,
    pub(crate) partition: String,
    pub(crate) events: Vec<Event>,
}

/// One event; what is left out is made up.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(from = "EventSpelling")]
pub(crate) struct Event {
    body: Vec<u8>,
    partition_key: Option<String>,
    offset: Option<String>,
    sequence_number: Option<i64>,
    enqueued_time_utc: Option<String>,
    properties: Map<String, Value>,
    system_properties: Map<String, Value>,
}

/// A text is an event by itself. In an object, a `body` that is no text is written as JSON.
#[derive(Deserialize)]
#[serde(untagged)]
enum EventSpelling {
    Text(String),
    Full(Box<FullEvent>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FullEvent {
    #[serde(default)]
    body: Value,
    #[serde(default)]
    base64: Option<String>,
    partition_key: Option<String>,
    offset: Option<String>,
    sequence_number: Option<i64>,
    enqueued_time_utc: Option<String>,
    #[serde(default)]
    properties: Map<String, Value>,
    #[serde(default)]
    system_properties: Map<String, Value>,
}

impl From<EventSpelling> for Event {
    fn from(spelling: EventSpelling) -> Self {
        let full = match spelling {
            EventSpelling::Text(text) => {
                return Self {
                    body: text.into_bytes(),
                    ..Self::default()
                };
            }
            EventSpelling::Full(full) => *full,
        };
        let decoded = full
            .base64
            .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok());
        Self {
            body: decoded.unwrap_or_else(|| match full.body {
                Value::String(text) => text.into_bytes(),
                other => other.to_string().into_bytes(),
            }),
            partition_key: full.partition_key,
            offset: full.offset,
            sequence_number: full.sequence_number,
            enqueued_time_utc: full.enqueued_time_utc,
            properties: full.properties,
            system_properties: full.system_properties,
        }
    }
}

impl Event {
    pub(crate) fn of_text(text: String) -> Self {
        Self {
            body: text.into_bytes(),
            ..Self::default()
        }
    }
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            namespace: "devhost".to_owned(),
            partition: "0".to_owned(),
            events: Vec::new(),
        }
    }
}

/// Every function the hub sets off, by its place, with what each is run with.
pub(crate) fn firings_of_feed(
    host: &Host,
    hub: &str,
    feed: &Feed,
) -> Vec<(usize, Result<Firing, String>)> {
    let functions = host.app.functions.iter().enumerate();
    let fed = functions.filter(|(_, function)| {
        let of_hub = |trigger: &Trigger| {
            matches!(trigger, Trigger::EventHub { hub: own, .. } if own.eq_ignore_ascii_case(hub))
        };
        !function.disabled && of_hub(&function.trigger)
    });
    fed.flat_map(|(at, function)| {
        feed.firings(&function.trigger)
            .into_iter()
            .map(move |firing| (at, firing))
    })
    .collect()
}

impl Feed {
    /// Reads a list of events, or an object that holds one.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let whole = if body.is_array() {
            json!({ "events": body })
        } else {
            body
        };
        serde_json::from_value(whole).map_err(|error| error.to_string())
    }

    /// One run with the whole batch, or one run an event.
    pub(crate) fn firings(&self, trigger: &Trigger) -> Vec<Result<Firing, String>> {
        let Trigger::EventHub {
            hub,
            many,
            consumer_group,
            data_type,
        } = trigger
        else {
            return Vec::new();
        };
        let context = json!({
            "FullyQualifiedNamespace": self.namespace,
            "EventHubName": hub,
            "ConsumerGroup": consumer_group,
            "PartitionId": self.partition,
        });
        if *many {
            return vec![self.batch(context, *data_type)];
        }
        let events = self.events.iter().enumerate();
        events
            .map(|(at, event)| Ok(event.single(at, context.clone(), *data_type)))
            .collect()
    }

    fn batch(&self, context: Value, data_type: DataType) -> Result<Firing, String> {
        let values = self
            .events
            .iter()
            .map(|event| event.element(data_type))
            .collect::<Result<Vec<_>, _>>()?;
        let facts: Vec<Facts> = self
            .events
            .iter()
            .enumerate()
            .map(|(at, event)| event.facts(at))
            .collect();
        let array = |each: fn(&Facts) -> Value| encode(&facts.iter().map(each).collect());
        let metadata = json!({
            "PartitionContext": context,
            "PartitionKeyArray": array(|facts| facts.partition_key.clone()),
            "OffsetArray": array(|facts| facts.offset.clone().into()),
            "SequenceNumberArray": array(|facts| facts.sequence_number.into()),
            "EnqueuedTimeUtcArray": array(|facts| facts.enqueued_time_utc.clone().into()),
            "PropertiesArray": array(|facts| facts.properties.clone().into()),
            "SystemPropertiesArray": array(|facts| facts.system_properties.clone().into()),
        });
        Ok(Firing {
            data: encode(&values.into()),
            metadata: members(metadata),
            payload: None,
        })
    }
}

struct Facts {
    partition_key: Value,
    offset: String,
    sequence_number: i64,
    enqueued_time_utc: String,
    properties: Map<String, Value>,
    system_properties: Map<String, Value>,
}

impl Event {
    fn facts(&self, at: usize) -> Facts {
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

    fn single(&self, at: usize, context: Value, data_type: DataType) -> Firing {
        let facts = self.facts(at);
        let text = String::from_utf8_lossy(&self.body).into_owned();
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
    fn element(&self, data_type: DataType) -> Result<Value, String> {
        match data_type {
            DataType::Binary => Ok(self.base64().into()),
            DataType::Text => Ok(String::from_utf8_lossy(&self.body).into()),
            DataType::Unset => serde_json::from_slice(&self.body).map_err(|error| {
                format!(
                    "an event of the batch is not JSON ({error}), and with cardinality many and no \
                     dataType the host then fails the whole batch; set dataType to string"
                )
            }),
        }
    }

    fn base64(&self) -> String {
        base64::engine::general_purpose::STANDARD.encode(&self.body)
    }
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
