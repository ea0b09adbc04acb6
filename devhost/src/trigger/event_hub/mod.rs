//! Event hubs, fed by hand. For a function, an IoT hub is an event hub.

mod event;

use serde::Deserialize;
use serde_json::{Value, json};

pub(crate) use event::Event;
use event::{EventProperties, object};

use crate::app::{DataType, Trigger};
use crate::firing::{Firing, RunRequest};
use crate::host::Host;
use crate::json::encode;

/// A batch of events, the body of `POST /admin/feed/<event hub>`.
#[derive(Debug)]
pub(crate) struct Feed {
    namespace: String,
    partition: String,
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct FeedInput {
    namespace: Option<String>,
    partition: Option<String>,
    events: Vec<Value>,
}

/// A run for each function that listens to the hub, and with cardinality one for each event.
pub(crate) fn runs_of_feed(host: &Host, hub: &str, feed: &Feed) -> Vec<RunRequest> {
    let functions = host.app.functions.iter().enumerate();
    let listeners = functions.filter(|(_, function)| {
        let listens = |trigger: &Trigger| {
            matches!(trigger, Trigger::EventHub { hub: name, .. } if name.eq_ignore_ascii_case(hub))
        };
        !function.disabled && listens(&function.trigger)
    });
    listeners
        .flat_map(|(index, function)| {
            feed.firings(&function.trigger)
                .into_iter()
                .map(move |firing| RunRequest {
                    function: index,
                    partition: feed.partition_of(&function.trigger),
                    firing,
                })
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

    /// Parses a list of events, or an object with one.
    pub(crate) fn parse(body: &[u8]) -> Result<Self, String> {
        let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        let object = match body {
            list @ Value::Array(_) => json!({ "events": list }),
            object => object,
        };
        let input: FeedInput = serde_json::from_value(object).map_err(|error| error.to_string())?;
        let events = input.events.into_iter().map(Event::parse);
        let default = Self::of(events.collect::<Result<_, _>>()?);
        Ok(Self {
            namespace: input.namespace.unwrap_or(default.namespace),
            partition: input.partition.unwrap_or(default.partition),
            events: default.events,
        })
    }

    /// With cardinality one, the events of a batch run at the same time.
    fn partition_of(&self, trigger: &Trigger) -> Option<String> {
        let in_order = matches!(trigger, Trigger::EventHub { many: true, .. });
        in_order.then(|| format!("{}/{}", self.namespace, self.partition))
    }

    /// One run with the whole batch, or one run for each event.
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
            .map(|(index, event)| Ok(event.single(index, context.clone(), *data_type)))
            .collect()
    }

    fn batch(&self, context: Value, data_type: DataType) -> Result<Firing, String> {
        let values = self
            .events
            .iter()
            .map(|event| event.element(data_type))
            .collect::<Result<Vec<_>, _>>()?;
        let properties: Vec<EventProperties> = self
            .events
            .iter()
            .enumerate()
            .map(|(index, event)| event.properties(index))
            .collect();
        let array =
            |each: fn(&EventProperties) -> Value| encode(&properties.iter().map(each).collect());
        let metadata = json!({
            "PartitionContext": context,
            "PartitionKeyArray": array(|event| event.partition_key.clone()),
            "OffsetArray": array(|event| event.offset.clone().into()),
            "SequenceNumberArray": array(|event| event.sequence_number.into()),
            "EnqueuedTimeUtcArray": array(|event| event.enqueued_time_utc.clone().into()),
            "PropertiesArray": array(|event| event.properties.clone().into()),
            "SystemPropertiesArray": array(|event| event.system_properties.clone().into()),
        });
        Ok(Firing {
            data: encode(&values.into()),
            metadata: object(metadata),
            payload: None,
        })
    }
}
