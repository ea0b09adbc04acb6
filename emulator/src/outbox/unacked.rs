//! The messages that a reliable client has not acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;

use super::limits::{MAX_BYTES, MAX_KEPT_CAPACITY};
use crate::message::Message;

/// A client with more unacknowledged messages than this is cut off.
pub(super) const MAX_MESSAGES: usize = 1_000;

/// Messages with their sequence ids, oldest first.
#[derive(Debug, Default)]
pub(super) struct Unacked {
    last_sequence: u64,
    messages: VecDeque<(u64, Arc<Message>)>,
    bytes: usize,
}

impl Unacked {
    pub(super) fn restored(last_sequence: u64, messages: Vec<(u64, Arc<Message>)>) -> Self {
        Self {
            last_sequence,
            bytes: messages.iter().map(|(_, message)| message.size()).sum(),
            messages: messages.into(),
        }
    }

    pub(super) fn last_sequence(&self) -> u64 {
        self.last_sequence
    }

    pub(super) fn messages(&self) -> impl Iterator<Item = &(u64, Arc<Message>)> {
        self.messages.iter()
    }

    /// Returns the sequence id; `None` if the buffer is full and the client must be cut off.
    pub(super) fn push(&mut self, message: &Arc<Message>, now_ms: i64) -> Option<u64> {
        self.last_sequence += 1;
        self.bytes += message.size();
        self.messages
            .push_back((self.last_sequence, message.clone()));
        if self.is_full() {
            self.drop_expired(now_ms);
        }
        (!self.is_full()).then_some(self.last_sequence)
    }

    fn is_full(&self) -> bool {
        self.messages.len() > MAX_MESSAGES || self.bytes > MAX_BYTES
    }

    /// Drops all messages up to this sequence id.
    pub(super) fn acknowledge(&mut self, sequence: u64) {
        while let Some((first, message)) = self.messages.front()
            && *first <= sequence
        {
            self.bytes -= message.size();
            self.messages.pop_front();
        }
        if self.messages.is_empty() && self.messages.capacity() > MAX_KEPT_CAPACITY {
            self.messages = VecDeque::new();
        }
    }

    pub(super) fn drop_expired(&mut self, now_ms: i64) {
        self.messages
            .retain(|(_, message)| !message.is_expired(now_ms));
        let sizes = self.messages.iter().map(|(_, message)| message.size());
        self.bytes = sizes.sum();
    }
}
