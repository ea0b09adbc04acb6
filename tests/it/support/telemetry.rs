//! Batches of an IoT hub's event stream, as the Functions host hands them over.

use reqwest::{Body, RequestBuilder};
use serde_json::{Value, json};

/// One event of a batch.
#[derive(Clone)]
pub(crate) struct TelemetryEvent {
    body: String,
    sequence: Value,
    /// Seconds since 1970.
    enqueued: i64,
    properties: Value,
    system: Value,
}

impl TelemetryEvent {
    /// Event number `n` comes `n` seconds after the tests' time.
    pub(crate) fn new(device: &str, sequence: i64, body: impl ToString) -> Self {
        Self {
            body: body.to_string(),
            sequence: sequence.into(),
            enqueued: super::NOW + sequence,
            properties: json!({}),
            system: json!({ "iothub-connection-device-id": device }),
        }
    }

    pub(crate) fn enqueued(self, enqueued: i64) -> Self {
        Self { enqueued, ..self }
    }

    pub(crate) fn properties(self, properties: Value) -> Self {
        Self { properties, ..self }
    }

    pub(crate) fn system(self, system: Value) -> Self {
        Self { system, ..self }
    }

    pub(crate) fn sequence(self, sequence: Value) -> Self {
        Self { sequence, ..self }
    }

    fn time(&self) -> String {
        let time = jiff::Timestamp::from_second(self.enqueued).unwrap();
        format!("{time:.3}")
    }
}

/// The body of the trigger's call for partition `0`, which failed `retries` times before.
pub(crate) fn telemetry_call(events: &[TelemetryEvent], retries: u32) -> Value {
    let list = |each: &dyn Fn(&TelemetryEvent) -> Value| {
        let values: Vec<_> = events.iter().map(each).collect();
        Value::from(json!(values).to_string())
    };
    json!({
        "Data": { "messages": list(&|event| event.body.clone().into()) },
        "Metadata": {
            "PartitionContext": {
                "FullyQualifiedNamespace": "shop.servicebus.windows.net",
                "EventHubName": "shop",
                "ConsumerGroup": "backend",
                "PartitionId": "0",
            },
            "SequenceNumberArray": list(&|event| event.sequence.clone()),
            "EnqueuedTimeUtcArray": list(&|event| event.time().into()),
            "PropertiesArray": list(&|event| event.properties.clone()),
            "SystemPropertiesArray": list(&|event| event.system.clone()),
            "RetryContext": { "RetryCount": retries, "MaxRetryCount": -1 },
        },
    })
}

/// Sends a body chunked, as the host does.
pub(crate) fn chunked(call: RequestBuilder, body: String) -> RequestBuilder {
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
    call.body(Body::wrap_stream(chunks))
}
