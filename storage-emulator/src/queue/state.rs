//! The contents of the queues, and the changes that lead to them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::service_error::ServiceError;

pub(super) type Metadata = BTreeMap<String, String>;

/// All queues and their messages.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) queues: BTreeMap<String, QueueState>,
    /// The highest place that a message was ever given.
    last_place: u64,
}

#[derive(Debug, Default)]
pub(super) struct QueueState {
    pub(super) metadata: Metadata,
    /// By place, which is the order in which they were put.
    pub(super) messages: BTreeMap<u64, Message>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Message {
    pub(super) place: u64,
    pub(super) id: Uuid,
    /// New with each change of the message, so that only its latest reader can delete it.
    pub(super) receipt: Uuid,
    pub(super) text: String,
    pub(super) inserted: Timestamp,
    pub(super) expires: Timestamp,
    pub(super) visible: Timestamp,
    pub(super) dequeue_count: u64,
}

/// One change: a line of the journal. The names of the variants are part of the file format.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Change {
    Queue(String, Metadata),
    NoQueue(String),
    NoMessages(String),
    Message(String, Message),
    NoMessage(String, u64),
}

impl Change {
    pub(super) fn queue(queue: &str, metadata: Metadata) -> Self {
        Self::Queue(queue.to_owned(), metadata)
    }

    pub(super) fn message(queue: &str, message: &Message) -> Self {
        Self::Message(queue.to_owned(), message.clone())
    }
}

impl State {
    pub(super) fn queue(&self, name: &str) -> Result<&QueueState, ServiceError> {
        self.queues.get(name).ok_or(ServiceError::NoQueue)
    }

    pub(super) fn next_place(&self) -> u64 {
        self.last_place + 1
    }

    pub(super) fn apply(&mut self, change: Change) {
        match change {
            Change::Queue(queue, metadata) => {
                self.queues.entry(queue).or_default().metadata = metadata;
            }
            Change::NoQueue(queue) => drop(self.queues.remove(&queue)),
            Change::NoMessages(queue) => {
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.messages.clear();
                }
            }
            Change::Message(queue, message) => {
                self.last_place = self.last_place.max(message.place);
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.messages.insert(message.place, message);
                }
            }
            Change::NoMessage(queue, place) => {
                if let Some(queue) = self.queues.get_mut(&queue) {
                    queue.messages.remove(&place);
                }
            }
        }
    }

    /// The shortest list of changes that leads to this state.
    pub(super) fn changes(&self) -> impl Iterator<Item = Change> {
        self.queues.iter().flat_map(|(name, queue)| {
            let messages = queue.messages.values();
            let first = Change::queue(name, queue.metadata.clone());
            std::iter::once(first).chain(messages.map(|message| Change::message(name, message)))
        })
    }

    /// The number of [`changes`](Self::changes).
    pub(super) fn size(&self) -> usize {
        let messages = self.queues.values().map(|queue| queue.messages.len() + 1);
        messages.sum()
    }
}

impl QueueState {
    pub(super) fn visible(&self, now: Timestamp, count: usize) -> Vec<Message> {
        self.messages
            .values()
            .filter(|message| message.visible <= now && message.expires > now)
            .take(count)
            .cloned()
            .collect()
    }

    /// The message, if the pop receipt is its latest.
    pub(super) fn message(
        &self,
        id: &str,
        receipt: &str,
        now: Timestamp,
    ) -> Result<&Message, ServiceError> {
        let mut messages = self.messages.values();
        let found = messages.find(|message| matches(message.id, id) && message.expires > now);
        let message = found.ok_or(ServiceError::NoMessage)?;
        if !matches(message.receipt, receipt) {
            return Err(ServiceError::BadReceipt);
        }
        Ok(message)
    }
}

/// Compares an id with its text, in any of the forms in which UUIDs are written.
fn matches(id: Uuid, text: &str) -> bool {
    text.parse() == Ok(id)
}
