//! Sending stored messages to everyone, and recording that they were sent.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::time::{Instant, sleep, timeout_at};
use utoipa::ToSchema;

use super::super::history;
use super::super::message::{ChatMessageView, Message, RoomMessageView};
use super::super::outbox::Order;
use super::super::{Conversation, ConversationState};
use super::context::Context;
use super::memory::Memory;
use super::pending::Sent;
use crate::azure::web_pubsub::CallError;
use crate::ids::target::ChatId;
use crate::store::WriteError;

/// How long an answer waits for its broadcast.
const TIMEOUT: Duration = Duration::from_secs(5);
/// By then the messages are overdue.
const RESEND_DELAY: Duration = Duration::from_secs(10);

/// A message as it is broadcast, in the form of its kind of conversation.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type")]
pub enum MessageFrame {
    #[serde(rename = "MESSAGE", rename_all = "camelCase")]
    Chat {
        chat_id: ChatId,
        message: ChatMessageView,
    },
    #[serde(rename = "message")]
    Other(RoomMessageView),
}

pub fn frame(conversation: &Conversation, message: &Message) -> MessageFrame {
    match conversation {
        Conversation::Chat(id) => MessageFrame::Chat {
            chat_id: id.clone(),
            message: message.into(),
        },
        Conversation::Room(_) | Conversation::Session(_) => {
            MessageFrame::Other(RoomMessageView::of(message, conversation))
        }
    }
}

/// The outcome of sending one message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sending {
    Done,
    Refused,
    /// The time was up.
    Late,
}

/// Delivers the messages of one conversation.
#[derive(Clone, Copy)]
pub(super) struct Delivery<'a> {
    context: &'a Context,
    conversation: &'a Conversation,
}

impl<'a> Delivery<'a> {
    pub(super) fn new(context: &'a Context, conversation: &'a Conversation) -> Self {
        Self {
            context,
            conversation,
        }
    }

    /// Sends messages, and tries each again until the time is up. Returns the numbers of those
    /// that went out.
    ///
    /// Few messages go out one after the other, so that nobody sees one before its predecessor.
    /// When more than the window holds are waiting, that many are under way at once: a busy
    /// conversation would otherwise be bound to one call to the service at a time.
    pub(super) async fn send_all(self, messages: &[&Message]) -> Vec<u64> {
        let window = self.context.broadcast_window;
        let concurrency = if messages.len() > window { window } else { 1 };
        let deadline = Instant::now() + TIMEOUT;
        let sends = messages.iter();
        let sends: Vec<_> = sends
            .map(|message| self.send_until(message, deadline))
            .collect();
        let results: Vec<_> = stream::iter(sends).buffered(concurrency).collect().await;
        let late = results.iter().filter(|&&result| result == Sending::Late);
        let late = late.count();
        if late > 0 {
            tracing::error!(
                "{late} messages of {} are stored but were not sent in time; they will be sent later",
                self.conversation
            );
        }
        let results = messages.iter().zip(results);
        let sent = results.filter(|(_, result)| *result == Sending::Done);
        sent.map(|(message, _)| message.seq).collect()
    }

    async fn send_until(self, message: &Message, deadline: Instant) -> Sending {
        // `timeout_at` would begin a call even now.
        if Instant::now() >= deadline {
            return Sending::Late;
        }
        match timeout_at(deadline, self.send(message)).await {
            Ok(Ok(())) => Sending::Done,
            Ok(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "message {} of {} is stored but could not be sent; it will be sent later",
                    message.seq,
                    self.conversation
                );
                Sending::Refused
            }
            Err(_) => Sending::Late,
        }
    }

    /// Sends one message to the group. Tries for ever unless the service refuses it for good: the
    /// client's own retries end long before the time for a broadcast does.
    async fn send(self, message: &Message) -> Result<(), CallError> {
        let group = self.conversation.group();
        let frame = frame(self.conversation, message);
        let mut retries = 0;
        loop {
            match self.context.courier.to_group(&group, &frame).await {
                Err(error) if error.may_pass() => tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "message {} of {} is sent again",
                    message.seq,
                    self.conversation
                ),
                done => return done,
            }
            retries += 1;
            sleep(self.context.pause(retries)).await;
        }
    }

    /// Has the messages of this generation that did not go out sent later, even if nobody posts
    /// in the conversation again.
    pub(super) async fn leave_to_queue(self, generation: u64) {
        let order = Order::resend(self.conversation, generation);
        self.context.outbox.put(&order, RESEND_DELAY).await;
    }

    /// Messages that other instances stored and seem not to have sent. Sent ones may lie between
    /// the first and the last of them.
    pub(super) async fn unsent_by_others(self, generation: u64, overdue: &[u64]) -> Vec<Message> {
        let Some((first, last)) = overdue.first().zip(overdue.last()) else {
            return Vec::new();
        };
        let range = *first..=*last;
        let store = &*self.context.store;
        let found = history::messages(store, self.conversation, generation, range).await;
        match found {
            Ok(mut messages) => {
                messages.retain(|message| overdue.contains(&message.seq));
                messages
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to read the unsent messages of {}",
                    self.conversation
                );
                Vec::new()
            }
        }
    }

    /// Records in the head that these messages were sent.
    pub(super) async fn record_sent(
        self,
        sent: &BTreeSet<Sent>,
        memory: &mut Memory,
    ) -> Result<(), WriteError> {
        if let Some(remembered) = memory.recall() {
            match self.mark_sent(sent, remembered, memory).await {
                Ok(()) => {
                    memory.note_current();
                    return Ok(());
                }
                Err(WriteError::Conflict { .. }) => memory.note_outdated(),
                Err(error) => return Err(error),
            }
        }
        let state = ConversationState::read(&*self.context.store, self.conversation).await?;
        memory.compare(&state);
        self.mark_sent(sent, state, memory).await
    }

    async fn mark_sent(
        self,
        sent: &BTreeSet<Sent>,
        state: ConversationState,
        memory: &mut Memory,
    ) -> Result<(), WriteError> {
        let mut head = state.head.clone();
        let changes = sent.iter().filter(|sent| sent.mark_in(&mut head)).count();
        if changes == 0 {
            memory.note(Some(state));
            return Ok(());
        }
        let writes = vec![state.write_head(&head)?];
        let store = &*self.context.store;
        let written = store.commit(&self.conversation.partition(), writes).await;
        if let Err(WriteError::Conflict { .. }) = &written {
            self.context.count_lost_race();
        }
        memory.note(state.after(head, written?.version(0)));
        Ok(())
    }
}
