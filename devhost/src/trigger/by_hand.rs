//! Runs by hand, and the metadata of queue messages.

use base64::Engine as _;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::event_hub::{Event, Feed};
use super::timer;
use crate::app::{DataType, Function, Trigger};
use crate::clock;
use crate::firing::Firing;
use crate::json::{encode, encoded_text};

/// The times of a message that was just put into a queue.
const HIDDEN_MINUTES: i64 = 10;
const TIME_TO_LIVE_HOURS: i64 = 7 * 24;

/// The input of a run by `POST /admin/functions/<name>`. `input` is the trigger's text. `metadata`,
/// which the real host does not have, replaces properties of a queue's message.
pub(crate) fn firing_by_hand(function: &Function, body: &Value) -> Result<Firing, String> {
    let input = match body.get("input") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    match &function.trigger {
        Trigger::Http(_) => Err("call an HTTP function at its own route".to_owned()),
        Trigger::Timer { .. } => Ok(Firing {
            data: timer::data(None, false),
            metadata: Map::new(),
            payload: None,
        }),
        Trigger::EventHub { .. } => {
            let feed = Feed::of(vec![Event::of_text(input)]);
            feed.firings(&function.trigger)
                .into_iter()
                .next()
                .unwrap_or_else(|| Err("no event".to_owned()))
        }
        Trigger::Queue { data_type, .. } => {
            let mut metadata = properties_of_new_message();
            for (key, value) in body
                .get("metadata")
                .and_then(Value::as_object)
                .into_iter()
                .flatten()
            {
                let value = if is_time(key) {
                    value.clone()
                } else {
                    encode(value)
                };
                metadata.insert(key.clone(), value);
            }
            Ok(queue_firing(input, metadata, *data_type))
        }
        Trigger::Other(_) => Ok(Firing {
            data: encoded_text(&input),
            metadata: Map::new(),
            payload: Some(input),
        }),
    }
}

/// Only the members of a text are merged into the metadata, never those of binary data.
pub(crate) fn queue_firing(
    text: String,
    metadata: Map<String, Value>,
    data_type: DataType,
) -> Firing {
    if data_type == DataType::Binary {
        let data = base64::engine::general_purpose::STANDARD.encode(&text);
        return Firing {
            data: data.into(),
            metadata,
            payload: None,
        };
    }
    Firing {
        data: encoded_text(&text),
        metadata,
        payload: Some(text),
    }
}

fn is_time(key: &str) -> bool {
    key.ends_with("Time")
}

fn properties_of_new_message() -> Map<String, Value> {
    let now = clock::now();
    let later = |hours, minutes| {
        let span = jiff::SignedDuration::from_mins(hours * 60 + minutes);
        now.checked_add(span).unwrap_or(now)
    };
    queue_metadata(MessageProperties {
        id: clock::new_id().to_string(),
        pop_receipt: "by-hand".to_owned(),
        dequeue_count: 1,
        inserted: now,
        expires: later(TIME_TO_LIVE_HOURS, 0),
        next_visible: later(0, HIDDEN_MINUTES),
    })
}

/// The properties of a queue's message.
#[derive(Debug)]
pub(crate) struct MessageProperties {
    pub(crate) id: String,
    pub(crate) pop_receipt: String,
    pub(crate) dequeue_count: u64,
    pub(crate) inserted: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) next_visible: Timestamp,
}

pub(crate) fn queue_metadata(properties: MessageProperties) -> Map<String, Value> {
    let time = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let metadata = json!({
        "DequeueCount": properties.dequeue_count.to_string(),
        "ExpirationTime": time(properties.expires),
        "Id": encoded_text(&properties.id),
        "InsertionTime": time(properties.inserted),
        "NextVisibleTime": time(properties.next_visible),
        "PopReceipt": encoded_text(&properties.pop_receipt),
    });
    match metadata {
        Value::Object(metadata) => metadata,
        _ => Map::new(),
    }
}
