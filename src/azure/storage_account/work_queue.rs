//! A queue of work, with the queue for messages that never succeed.

use std::time::Duration;

use tokio::time::timeout;

use super::account::StorageAccount;
use super::error::SetupError;
use super::queue::{Message, Queue};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::ManagedIdentities;
use crate::azure::rest::RestError;
use crate::clock::Clock;

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

    /// Returns whether the message is on the queue. A failure is logged.
    pub async fn put(&self, text: &str, delay: Duration) -> bool {
        let name = self.name;
        let putting = self.messages.put_delayed(text, delay, TIME_TO_LIVE);
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
        let text = message.text.as_deref().unwrap_or_default();
        self.poison.put(text, TIME_TO_LIVE).await?;
        self.messages.delete(message).await.map(drop)
    }
}
