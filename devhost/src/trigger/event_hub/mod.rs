//! Event hubs, and IoT hubs, which are event hubs to a function; fed by hand.

mod event;

use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use event::Event;
use event::{Facts, members};

use crate::app::{DataType, Trigger};
use crate::firing::Firing;
use crate::host::Host;
use crate::json::encode;

/// A batch of events, as `POST /admin/feed/<event hub>` takes it.
#[derive(Debug)]
pub(crate) struct Feed {
    namespace: String,
    partition: String,
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SpelledFeed {
    namespace: Option<String>,
    partition: Option<String>,
    events: Vec<Value>,
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
    pub(crate) fn of(events: Vec<Event>) -> Self {
        Self {
            namespace: "devhost".to_owned(),
            partition: "0".to_owned(),
            events,
        }
    }

    /// Reads a list of events, or an object that holds one.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let whole = match body {
            list @ Value::Array(_) => json!({ "events": list }),
            whole => whole,
        };
        let spelled: SpelledFeed =
            serde_json::from_value(whole).map_err(|error| error.to_string())?;
        let events = spelled.events.into_iter().map(Event::parse);
        let usual = Self::of(events.collect::<Result<_, _>>()?);
        Ok(Self {
            namespace: spelled.namespace.unwrap_or(usual.namespace),
            partition: spelled.partition.unwrap_or(usual.partition),
            events: usual.events,
        })
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
