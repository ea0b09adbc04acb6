//! A queue of work, with the queue for messages that never succeed.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tracing::Instrument;

use super::account::StorageAccount;
use super::error::SetupError;
use super::queue::{Message, Queue};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::rest::RestError;
use crate::clock::Clock;
use crate::logging::trace::{self, TARGET, TraceContext};

const TIME_TO_LIVE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// A sender may be waiting for the answer.
const PUT_TIMEOUT: Duration = Duration::from_secs(2);

/// Both queues. Messages of ours only name records and hold nothing that somebody wrote.
#[derive(Debug)]
pub struct WorkQueue {
    name: &'static str,
    messages: Queue,
    poison: Queue,
}

/// A message as it stands on a queue, with the place in a trace where it was put there. A handler
/// that does not know that field ignores it.
#[derive(Debug, Serialize)]
struct Queued<'a, T> {
    #[serde(flatten)]
    message: &'a T,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<TraceContext>,
}

impl<'a, T> Queued<'a, T> {
    fn now(message: &'a T) -> Self {
        Self {
            message,
            traceparent: trace::current(),
        }
    }
}

/// The place in a trace where a message was put on a queue, if it says so.
pub fn sender_of(text: &str) -> Option<TraceContext> {
    #[derive(Deserialize)]
    struct Traced {
        #[serde(default, deserialize_with = "trace::read_or_none")]
        traceparent: Option<TraceContext>,
    }
    serde_json::from_str::<Traced>(text).ok()?.traceparent
}

impl WorkQueue {
    /// Makes no call. `None` if the account has no queue service. `poison` is where the Functions
    /// host puts messages that failed too often.
    pub fn new(
        account: Option<&StorageAccount>,
        [name, poison]: [&'static str; 2],
        http: &SharedHttpClient,
        identities: &ManagedIdentities,
        clock: &Clock,
    ) -> Result<Option<Self>, SetupError> {
        let Some(account) = account.filter(|account| account.queues.is_some()) else {
            return Ok(None);
        };
        let queue = |name| Queue::new(account, name, http.clone(), clock.clone(), identities);
        Ok(Some(Self {
            name,
            messages: queue(name)?,
            poison: queue(poison)?,
        }))
    }

    pub fn messages(&self) -> &Queue {
        &self.messages
    }

    /// Where messages are that failed too often.
    pub fn poisoned(&self) -> &Queue {
        &self.poison
    }

    /// Returns whether the message, a JSON object, is on the queue. A failure is logged.
    pub async fn put(&self, message: &impl Serialize, delay: Duration) -> bool {
        let name = self.name;
        let span = tracing::debug_span!(
            target: TARGET,
            "put on queue",
            otel.name = format_args!("send {name}"),
            otel.kind = "producer",
            messaging.system = "azqueues",
            messaging.operation.r#type = "send",
            messaging.destination.name = name,
        );
        self.put_traced(message, delay).instrument(span).await
    }

    async fn put_traced(&self, message: &impl Serialize, delay: Duration) -> bool {
        let name = self.name;
        let text = match serde_json::to_string(&Queued::now(message)) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!("a message for the queue {name} is not JSON: {error}");
                return false;
            }
        };
        let putting = self.messages.put_delayed(&text, delay, TIME_TO_LIVE);
        match timeout(PUT_TIMEOUT, putting).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to put {text} on {name}"
                );
                false
            }
            Err(_) => {
                tracing::warn!("could not put {text} on {name} in time");
                false
            }
        }
    }

    /// Moves a message that was taken to the other queue.
    pub async fn poison(&self, message: &Message) -> Result<(), RestError> {
        self.poison.put_again(message, TIME_TO_LIVE).await?;
        self.messages.delete(message).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const TRACEPARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_message_carries_its_trace_beside_its_own_fields() {
        let queued = Queued {
            message: &json!({ "kind": "settle" }),
            traceparent: sender_of(&json!({ "traceparent": TRACEPARENT }).to_string()),
        };

        let text = serde_json::to_string(&queued).unwrap();

        let expected = json!({ "kind": "settle", "traceparent": TRACEPARENT });
        assert_eq!(text, expected.to_string());
        assert_eq!(sender_of(&text).unwrap().to_string(), TRACEPARENT);
    }

    #[test]
    fn a_message_without_a_well_formed_trace_has_none() {
        for trace in [json!(7), json!(null), json!({}), json!("00-x")] {
            assert!(sender_of(&json!({ "traceparent": trace }).to_string()).is_none());
        }
        for text in ["", "[]", "{}", "7"] {
            assert!(sender_of(text).is_none());
        }
    }
}
