//! The body of an event trigger's call in the host's JSON mode: messages and, in lists of the same
//! length, their properties.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::devices::{self, Message, Source};

/// System properties that the hub sets; a device cannot.
const DEVICE_ID: &str = "iothub-connection-device-id";
const MESSAGE_SOURCE: &str = "iothub-message-source";
const ENQUEUED_TIME: &str = "iothub-enqueuedtime";

/// The messages of one call.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) source: Source,
    pub(super) messages: Vec<Message>,
    pub(super) passed_over: Vec<PassedOver>,
    /// How often the host has sent the batch before.
    pub(super) retries: u32,
}

/// Why a whole call cannot be read. It comes again, and is read once the settings are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvocationError {
    #[error("its body is not a trigger's call with a binding `messages`")]
    Unreadable,
    #[error(
        "it holds a single message: set `cardinality` to `many` and `dataType` to `string` in \
         telemetry/function.json"
    )]
    Single,
}

/// A message that is not taken. It never costs the others of its batch.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("message {sequence} of partition {partition} is passed over: {why}")]
pub(super) struct PassedOver {
    /// Its place in the batch, if the host gave no number.
    sequence: String,
    partition: String,
    why: &'static str,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    data: Data,
    #[serde(default)]
    metadata: Map<String, Value>,
}

#[derive(Deserialize)]
struct Data {
    /// The binding's name in `function.json`.
    messages: Value,
}

impl Batch {
    pub(super) fn read(body: &[u8]) -> Result<Self, InvocationError> {
        let Body { data, metadata } =
            serde_json::from_slice(body).map_err(|_| InvocationError::Unreadable)?;
        let Value::Array(bodies) = unwrapped(data.messages) else {
            return Err(InvocationError::Single);
        };
        let context = metadata.get("PartitionContext").cloned();
        let context = context.map(unwrapped).unwrap_or_default();
        let in_context = |name: &str| context.get(name).and_then(Value::as_str);
        // Without its name all partitions count as one, which no device leaves anyway.
        let partition = in_context("PartitionId").unwrap_or_default();
        let source = Source::new(
            in_context("FullyQualifiedNamespace").unwrap_or_default(),
            in_context("EventHubName").unwrap_or_default(),
            partition,
        );
        let mut lists = Lists::new(metadata);
        let mut batch = Self {
            source,
            retries: lists.retries(),
            messages: Vec::with_capacity(bodies.len()),
            passed_over: Vec::new(),
        };
        for (index, body) in bodies.into_iter().enumerate() {
            let event = lists.take(index);
            let sequence = event.sequence;
            match event.message(body) {
                Ok(Some(message)) => batch.messages.push(message),
                Ok(None) => {}
                Err(why) => batch.passed_over.push(PassedOver {
                    sequence: sequence
                        .map_or_else(|| format!("at place {index}"), |number| number.to_string()),
                    partition: partition.to_owned(),
                    why,
                }),
            }
        }
        Ok(batch)
    }
}

/// The properties of all messages.
struct Lists {
    metadata: Map<String, Value>,
    sequences: Vec<Value>,
    times: Vec<Value>,
    properties: Vec<Value>,
    system_properties: Vec<Value>,
}

/// The properties of one message.
struct Event {
    sequence: Option<i64>,
    time: Value,
    properties: Value,
    system_properties: Value,
}

impl Lists {
    fn new(mut metadata: Map<String, Value>) -> Self {
        let mut list = |name: &str| match metadata.remove(name).map(unwrapped) {
            Some(Value::Array(values)) => values,
            _ => Vec::new(),
        };
        Self {
            sequences: list("SequenceNumberArray"),
            times: list("EnqueuedTimeUtcArray"),
            properties: list("PropertiesArray"),
            system_properties: list("SystemPropertiesArray"),
            metadata,
        }
    }

    fn retries(&self) -> u32 {
        let context = self.metadata.get("RetryContext").cloned();
        let context = context.map(unwrapped).unwrap_or_default();
        let count = context.get("RetryCount").and_then(number);
        count.and_then(|n| u32::try_from(n).ok()).unwrap_or(0)
    }

    fn take(&mut self, index: usize) -> Event {
        let take = |list: &mut Vec<Value>| list.get_mut(index).map(Value::take).unwrap_or_default();
        Event {
            sequence: number(&take(&mut self.sequences)),
            time: take(&mut self.times),
            properties: take(&mut self.properties),
            system_properties: take(&mut self.system_properties),
        }
    }
}

impl Event {
    /// `None` for what the hub itself reports, such as a changed twin.
    fn message(self, body: Value) -> Result<Option<Message>, &'static str> {
        let system = |name: &str| self.system_properties.get(name).and_then(Value::as_str);
        if system(MESSAGE_SOURCE).is_some_and(|s| !s.eq_ignore_ascii_case("telemetry")) {
            return Ok(None);
        }
        let sequence = self.sequence.ok_or("it has no sequence number")?;
        let device = system(DEVICE_ID).ok_or("it has no iothub-connection-device-id")?;
        let device = device.parse().map_err(
            |_| "its device id has characters other than letters, digits, `.`, `_`, `-` and `:`",
        )?;
        let time = self.time.as_str().or_else(|| system(ENQUEUED_TIME));
        let body = match body {
            Value::String(text) => devices::Body::of_text(&text),
            // Without `dataType` the host has parsed it.
            other => devices::Body::of_text(&other.to_string()),
        };
        Ok(Some(Message {
            device,
            sequence,
            enqueued_at: time.and_then(timestamp),
            properties: match self.properties {
                Value::Object(properties) => properties,
                _ => Map::new(),
            },
            body,
        }))
    }
}

/// The host sends lists as text that holds JSON.
fn unwrapped(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other,
    }
}

/// The host sends some numbers as text.
fn number(value: &Value) -> Option<i64> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => other.as_i64(),
    }
}

/// Outside lists the host drops the `Z`.
fn timestamp(text: &str) -> Option<Timestamp> {
    let with_zone = text.parse().ok();
    with_zone.or_else(|| {
        Offset::UTC
            .to_timestamp(text.parse::<DateTime>().ok()?)
            .ok()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(data: Value, metadata: &Value) -> Result<Batch, InvocationError> {
        let body = json!({ "Data": { "messages": data }, "Metadata": metadata });
        Batch::read(body.to_string().as_bytes())
    }

    fn listed(values: Value) -> Value {
        values.to_string().into()
    }

    fn metadata(system: Value) -> Value {
        json!({
            "PartitionContext": { "EventHubName": "hub", "PartitionId": "2" },
            "SequenceNumberArray": listed(json!([7, 8, 9])),
            "EnqueuedTimeUtcArray": listed(json!(["2027-01-15T08:00:00.5Z", "2027-01-15T08:00:01", "x"])),
            "PropertiesArray": listed(json!([{ "unit": "C" }, "x", null])),
            "SystemPropertiesArray": listed(system),
            "RetryContext": { "RetryCount": 2, "MaxRetryCount": -1 },
        })
    }

    fn of(device: &str) -> Value {
        json!({ "iothub-connection-device-id": device })
    }

    #[test]
    fn each_message_gets_its_own_properties() {
        let system = json!([of("a"), of("b"), of("a")]);
        let bodies = listed(json!([
            r#"{"t":1.50}"#,
            "on",
            r#"{"iothub-connection-device-id":"x"}"#
        ]));

        let batch = read(bodies, &metadata(system)).unwrap();

        assert_eq!(batch.source, Source::new("", "hub", "2"));
        assert_eq!(batch.retries, 2);
        let [first, second, third] = &batch.messages[..] else {
            panic!("{batch:?}");
        };
        assert_eq!((first.device.as_str(), first.sequence), ("a", 7));
        assert_eq!(first.body.as_json().get(), r#"{"t":1.50}"#);
        assert_eq!(first.properties["unit"], "C");
        let time = |message: &Message| message.enqueued_at.map(|at| at.to_string());
        assert_eq!(time(first).as_deref(), Some("2027-01-15T08:00:00.5Z"));
        assert_eq!(second.body.as_json().get(), r#"{"base64":"b24="}"#);
        assert_eq!(time(second).as_deref(), Some("2027-01-15T08:00:01Z"));
        assert!(second.properties.is_empty());
        assert_eq!((third.device.as_str(), third.sequence), ("a", 9));
        assert_eq!(time(third), None);
    }

    #[test]
    fn a_bad_message_is_passed_over_with_its_number() {
        let system = json!([{ "device": "a" }, of("a/b"), of("c")]);

        let batch = read(listed(json!(["1", "2", "3"])), &metadata(system)).unwrap();

        let devices: Vec<_> = batch.messages.iter().map(|m| m.device.as_str()).collect();
        assert_eq!(devices, ["c"]);
        let passed_over: Vec<_> = batch.passed_over.iter().map(ToString::to_string).collect();
        assert!(passed_over[0].starts_with("message 7 of partition 2 is passed over: it has no "));
        assert!(passed_over[1].starts_with("message 8 of partition 2 is passed over: its device"));
    }

    #[test]
    fn lists_that_are_too_short_or_missing_cost_only_their_messages() {
        let short = json!({
            "SequenceNumberArray": "[1]",
            "SystemPropertiesArray": listed(json!([of("a")])),
        });
        let bodies = || listed(json!(["1", "2"]));

        let batch = read(bodies(), &short).unwrap();
        assert_eq!((batch.messages.len(), batch.passed_over.len()), (1, 1));
        assert!(
            batch.passed_over[0]
                .to_string()
                .starts_with("message at place 1 of")
        );
        for metadata in [
            json!({}),
            json!({ "SequenceNumberArray": 7, "PartitionContext": [] }),
        ] {
            let batch = read(bodies(), &metadata).unwrap();
            assert_eq!((batch.messages.len(), batch.passed_over.len()), (0, 2));
        }
    }

    #[test]
    fn reports_of_the_hub_itself_are_not_telemetry() {
        let source = |source: &str| {
            let mut system = of("a");
            system["iothub-message-source"] = source.into();
            system
        };
        let system = json!([source("Telemetry"), source("twinChangeEvents"), of("a")]);

        let batch = read(listed(json!(["1", "2", "3"])), &metadata(system)).unwrap();

        let numbers: Vec<_> = batch.messages.iter().map(|m| m.sequence).collect();
        assert_eq!((numbers, batch.passed_over.len()), (vec![7, 9], 0));
    }

    #[test]
    fn a_single_message_is_refused() {
        for data in [
            json!(r#""{\"t\":1}""#),
            json!(r#"{"t":1}"#),
            json!({ "t": 1 }),
            json!("on"),
        ] {
            assert_eq!(read(data, &json!({})).unwrap_err(), InvocationError::Single);
        }
        for body in ["", "[]", "{}", r#"{"Data":{}}"#, "\u{0}"] {
            let error = Batch::read(body.as_bytes()).unwrap_err();
            assert_eq!(error, InvocationError::Unreadable);
        }
    }
}
