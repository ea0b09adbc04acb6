//! What a reliable client has been sent and has not acknowledged.

use std::collections::VecDeque;
use std::sync::Arc;

use super::{KEPT_CAPACITY, MAX_BYTES};
use crate::message::Message;

/// A client that leaves more than this unacknowledged is given up.
pub(super) const MAX_MESSAGES: usize = 1_000;

/// Messages with their sequence ids, the oldest first.
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

    /// Its sequence id; `None` when so much is kept that the client must be given up.
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

    /// The client has seen everything up to this sequence id.
    pub(super) fn acknowledge(&mut self, sequence: u64) {
        while let Some((first, message)) = self.messages.front()
            && *first <= sequence
        {
            self.bytes -= message.size();
            self.messages.pop_front();
        }
        if self.messages.is_empty() && self.messages.capacity() > KEPT_CAPACITY {
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
