//! Outputs of a function besides an HTTP answer: messages for queues.

use serde_json::Value;

use super::answer::{Envelope, looks_like_base64};
use super::encode::{plain_text, pretty};
use crate::app::{DataType, Function, Output};
use crate::event::HostEvent;
use crate::host::Host;
use crate::queue::QueueError;

/// Sends the messages in a function's outputs, in the order of its bindings.
pub(crate) async fn deliver(
    host: &Host,
    function: &Function,
    envelope: &Envelope,
) -> Result<(), QueueError> {
    for output in &function.outputs {
        let (name, queue, connection, data_type) = match output {
            Output::Http { .. } => continue,
            Output::Queue {
                name,
                queue,
                connection,
                data_type,
            } => (name, queue, connection, *data_type),
            Output::Other { name, kind } => {
                if value(envelope, name).is_some() {
                    host.report(HostEvent::Notice(format!(
                        "{}: outputs of type {kind} are not supported; {name} is dropped",
                        function.name
                    )));
                }
                continue;
            }
        };
        let Some(value) = value(envelope, name) else {
            continue;
        };
        for message in messages(value, data_type) {
            host.report(HostEvent::Output {
                function: function.name.clone(),
                queue: queue.clone(),
                message: message.clone(),
            });
            host.queues.put(connection, queue, &message).await?;
        }
    }
    Ok(())
}

/// The value of an output. `$return` is the return value. The members of a returned object also
/// count as outputs.
fn value<'a>(envelope: &'a Envelope, name: &str) -> Option<&'a Value> {
    if name == "$return" {
        return envelope.returned.as_ref();
    }
    let merged = envelope
        .returned
        .as_ref()
        .and_then(|returned| returned.as_object()?.get(name));
    merged.or_else(|| envelope.outputs.as_ref()?.get(name))
}

/// One message, or one for each element of a list, even of a list inside a string.
pub(crate) fn messages(value: &Value, data_type: DataType) -> Vec<Vec<u8>> {
    let list = |items: &[Value]| {
        items
            .iter()
            .map(|item| message(item).into_bytes())
            .collect()
    };
    match value {
        Value::Null => Vec::new(),
        Value::Array(items) => list(items),
        Value::String(text) => {
            if data_type != DataType::Binary
                && let Some(bytes) = looks_like_base64(text)
            {
                return vec![bytes];
            }
            match serde_json::from_str(text) {
                Ok(Value::Array(items)) => list(&items),
                _ => vec![text.clone().into_bytes()],
            }
        }
        single => vec![message(single).into_bytes()],
    }
}

fn message(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(_) | Value::Array(_) => pretty(value),
        scalar => plain_text(scalar),
    }
}
