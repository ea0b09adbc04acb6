use base64::Engine as _;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::event_hub::{Event, Feed};
use crate::app::{DataType, Function, Trigger};
use crate::firing::Firing;
use crate::json::{encode, encoded_text};
use crate::{clock, trigger::timer};

/// What a message has that was put into a queue just now.
const VISIBLE_FOR_MINUTES: i64 = 10;
const LIVES_FOR_HOURS: i64 = 7 * 24;

/// What `POST /admin/functions/<name>` runs a function with: `input` is the trigger's text, and
/// `metadata` (which the real host does not know) replaces single entries of what a queue would
/// say about it.
pub(crate) fn firing_by_hand(function: &Function, body: &Value) -> Result<Firing, String> {
    let input = match body.get("input") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    match &function.trigger {
        Trigger::Http(_) => Err("an HTTP function is called at its own route".to_owned()),
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
            let mut metadata = queued_now();
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

/// Only a text is looked into for members; bytes stay bytes.
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

fn queued_now() -> Map<String, Value> {
    let now = clock::now();
    let later = |hours, minutes| {
        let span = jiff::SignedDuration::from_mins(hours * 60 + minutes);
        now.checked_add(span).unwrap_or(now)
    };
    queue_metadata(QueueFacts {
        id: clock::new_id().to_string(),
        pop_receipt: "by-hand".to_owned(),
        dequeue_count: 1,
        inserted: now,
        expires: later(LIVES_FOR_HOURS, 0),
        next_visible: later(0, VISIBLE_FOR_MINUTES),
    })
}

/// What a queue says about a message.
#[derive(Debug)]
pub(crate) struct QueueFacts {
    pub(crate) id: String,
    pub(crate) pop_receipt: String,
    pub(crate) dequeue_count: u64,
    pub(crate) inserted: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) next_visible: Timestamp,
}

pub(crate) fn queue_metadata(facts: QueueFacts) -> Map<String, Value> {
    let time = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let metadata = json!({
        "DequeueCount": facts.dequeue_count.to_string(),
        "ExpirationTime": time(facts.expires),
        "Id": encoded_text(&facts.id),
        "InsertionTime": time(facts.inserted),
        "NextVisibleTime": time(facts.next_visible),
        "PopReceipt": encoded_text(&facts.pop_receipt),
    });
    match metadata {
        Value::Object(metadata) => metadata,
        _ => Map::new(),
    }
}
