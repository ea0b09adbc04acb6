//! Work that is left to the queue `switchboard-broadcast`, because it must be done even if this
//! process ends now or nobody calls again. A message only names records; what it means is read
//! from the store when it is taken.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::timeout;
use tracing::Instrument;

use super::Conversation;
use super::garbage::Garbage;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::storage_account::queue::Queue;
use crate::azure::storage_account::{SetupError, StorageAccount};
use crate::clock::Clock;
use crate::logging::trace::{self, TARGET, TraceContext};

pub const QUEUE: &str = "switchboard-broadcast";
/// Where the Functions host puts messages that failed too often.
const POISON_QUEUE: &str = "switchboard-broadcast-poison";
const TIME_TO_LIVE: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// A sender may be waiting for the answer.
const PUT_TIMEOUT: Duration = Duration::from_secs(2);

/// A message of ours on the queue. A conversation is named by its group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Order {
    /// Remove what a deleted conversation left behind.
    Clear(Garbage),
    /// Send what is stored and not recorded as sent.
    Resend {
        conversation: String,
        generation: u64,
    },
    /// Make live connections match the room's record.
    Settle { conversation: String },
}

impl Order {
    pub fn resend(conversation: &Conversation, generation: u64) -> Self {
        Self::Resend {
            conversation: conversation.group(),
            generation,
        }
    }

    pub fn settle(conversation: &Conversation) -> Self {
        Self::Settle {
            conversation: conversation.group(),
        }
    }
}

/// An order as it stands on the queue, with the place in a trace where it was put there. A handler
/// that does not know that field ignores it.
#[derive(Debug, Serialize, Deserialize)]
pub struct QueuedOrder {
    #[serde(flatten)]
    pub order: Order,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "trace::read_or_none")]
    pub traceparent: Option<TraceContext>,
}

/// Puts orders on the queue. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Outbox(Option<Arc<Queues>>);

/// The queue, and the one for messages that never succeed.
#[derive(Debug)]
pub struct Queues {
    pub orders: Queue,
    pub poison: Queue,
}

impl Outbox {
    /// Makes no call. Without a queue service in the settings nothing can be put.
    pub fn new(
        account: Option<&StorageAccount>,
        http: &SharedHttpClient,
        identities: &ManagedIdentities,
        clock: &Clock,
    ) -> Result<Self, SetupError> {
        let Some(account) = account.filter(|account| account.queues.is_some()) else {
            return Ok(Self::default());
        };
        let queue = |name| Queue::new(account, name, http.clone(), clock.clone(), identities);
        Ok(Self(Some(Arc::new(Queues {
            orders: queue(QUEUE)?,
            poison: queue(POISON_QUEUE)?,
        }))))
    }

    pub fn queues(&self) -> Option<&Arc<Queues>> {
        self.0.as_ref()
    }

    /// Returns whether the order is on the queue. It is not if there is none.
    pub async fn put(&self, order: &Order, delay: Duration) -> bool {
        let Some(queues) = &self.0 else {
            return false;
        };
        let span = tracing::debug_span!(
            target: TARGET,
            "put order",
            otel.name = format_args!("send {QUEUE}"),
            otel.kind = "producer",
            messaging.system = "azqueues",
            messaging.operation.r#type = "send",
            messaging.destination.name = QUEUE,
        );
        self.put_traced(queues, order, delay).instrument(span).await
    }

    async fn put_traced(&self, queues: &Queues, order: &Order, delay: Duration) -> bool {
        let queued = QueuedOrder {
            order: order.clone(),
            traceparent: trace::current(),
        };
        let text = match serde_json::to_string(&queued) {
            Ok(text) => text,
            Err(error) => {
                tracing::error!("{order:?} is not JSON: {error}");
                return false;
            }
        };
        let putting = queues.orders.put_delayed(&text, delay, TIME_TO_LIVE);
        match timeout(PUT_TIMEOUT, putting).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to put {text} on {QUEUE}"
                );
                false
            }
            Err(_) => {
                tracing::warn!("could not put {text} on {QUEUE} in time");
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_have_the_agreed_form() {
        let lobby = Conversation::of_group("lobby").unwrap();
        let clear = Order::Clear(Garbage {
            conversation: "lobby".to_owned(),
            generation: 2,
        });
        let forms = [
            (
                clear,
                r#"{"kind":"clear","room_id":"lobby","generation":2}"#,
            ),
            (
                Order::resend(&lobby, 3),
                r#"{"kind":"resend","conversation":"lobby","generation":3}"#,
            ),
            (
                Order::settle(&lobby),
                r#"{"kind":"settle","conversation":"lobby"}"#,
            ),
        ];

        for (order, text) in forms {
            assert_eq!(serde_json::to_string(&order).unwrap(), text);
            assert_eq!(serde_json::from_str::<Order>(text).unwrap(), order);
            let queued: QueuedOrder = serde_json::from_str(text).unwrap();
            assert_eq!(queued.order, order);
            assert_eq!(serde_json::to_string(&queued).unwrap(), text);
        }
    }

    #[test]
    fn an_order_carries_its_trace_and_older_handlers_ignore_it() {
        let traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let text = |trace: &str| {
            format!(r#"{{"kind":"settle","conversation":"lobby","traceparent":{trace}}}"#)
        };
        let traced = text(&format!("\"{traceparent}\""));

        let queued: QueuedOrder = serde_json::from_str(&traced).unwrap();

        assert_eq!(queued.traceparent.unwrap().to_string(), traceparent);
        assert_eq!(serde_json::to_string(&queued).unwrap(), traced);
        assert_eq!(
            serde_json::from_str::<Order>(&traced).unwrap(),
            queued.order
        );
        for malformed in ["7", "null", "{}", "\"00-x\""] {
            let queued: QueuedOrder = serde_json::from_str(&text(malformed)).unwrap();
            assert_eq!(queued.traceparent, None);
        }
    }
}
