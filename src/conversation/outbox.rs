//! Work that is left to a queue, because it must be done even if this process ends now or nobody
//! calls again. A message only names records; what it means is read
//! from the store when it is taken.

use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Conversation;
use super::garbage::Garbage;
use super::question::Task;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::storage_account::work_queue::WorkQueue;
use crate::azure::storage_account::{SetupError, StorageAccount};
use crate::clock::Clock;
use crate::ids::user_id::UserId;

pub const QUEUE: &str = "switchboard-broadcast";
const POISON_QUEUE: &str = "switchboard-broadcast-poison";
pub const TASK_QUEUE: &str = "switchboard-assistant";
const TASK_POISON_QUEUE: &str = "switchboard-assistant-poison";

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
    /// Send a notification that is in its user's inbox.
    Notify {
        user_id: UserId,
        /// The notification's.
        id: String,
    },
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

/// Puts orders and the assistant's tasks on their queues. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Outbox {
    orders: Option<Arc<WorkQueue>>,
    tasks: Option<Arc<WorkQueue>>,
}

impl Outbox {
    /// Makes no call. Without a queue service in the settings nothing can be put.
    pub fn new(
        account: Option<&StorageAccount>,
        http: &SharedHttpClient,
        identities: &ManagedIdentities,
        clock: &Clock,
    ) -> Result<Self, SetupError> {
        let queue = |names| {
            let queue = WorkQueue::new(account, names, http, identities, clock)?;
            Ok::<_, SetupError>(queue.map(Arc::new))
        };
        Ok(Self {
            orders: queue([QUEUE, POISON_QUEUE])?,
            tasks: queue([TASK_QUEUE, TASK_POISON_QUEUE])?,
        })
    }

    pub fn orders(&self) -> Option<&Arc<WorkQueue>> {
        self.orders.as_ref()
    }

    /// `None` where there is no queue, and so neither assistant nor transcripts.
    pub fn tasks(&self) -> Option<&Arc<WorkQueue>> {
        self.tasks.as_ref()
    }

    /// Returns whether the order is on the queue. It is not if there is none.
    pub async fn put(&self, order: &Order, delay: Duration) -> bool {
        put(self.orders.as_deref(), order, delay).await
    }

    /// The same, for the assistant.
    pub async fn put_task(&self, task: &Task) -> bool {
        put(self.tasks.as_deref(), task, Duration::ZERO).await
    }
}

async fn put(queue: Option<&WorkQueue>, message: &impl Serialize, delay: Duration) -> bool {
    match queue {
        Some(queue) => queue.put(message, delay).await,
        None => false,
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
            (
                Order::Notify {
                    user_id: UserId::parse("alice").unwrap(),
                    id: "n-1".to_owned(),
                },
                r#"{"kind":"notify","user_id":"alice","id":"n-1"}"#,
            ),
        ];

        for (order, text) in forms {
            assert_eq!(serde_json::to_string(&order).unwrap(), text);
            assert_eq!(serde_json::from_str::<Order>(text).unwrap(), order);
        }
    }
}
