//! Telling everyone what was stored.

use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::super::history;
use super::super::message::{ChatMessageView, Message, RoomMessageView};
use super::{Conversation, Shared};
use crate::ids::target::ChatId;

/// How long an answer waits for its broadcast.
const TIMEOUT: Duration = Duration::from_secs(5);

/// A message on its way to everyone, in the spelling of its kind of conversation.
#[derive(Debug, Serialize)]
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

impl Shared {
    /// Sends a message to its group. Whether that is certain.
    pub(super) async fn send(&self, conversation: &Conversation, message: &Message) -> bool {
        self.send_until(conversation, message, Instant::now() + TIMEOUT)
            .await
    }

    /// Sends in this order, one after the other, so that nobody sees one before its forerunner.
    /// Returns the numbers of those that went out.
    pub(super) async fn send_all(
        &self,
        conversation: &Conversation,
        messages: &[&Message],
    ) -> Vec<u64> {
        let until = Instant::now() + TIMEOUT;
        let mut sent = Vec::new();
        for message in messages {
            if self.send_until(conversation, message, until).await {
                sent.push(message.seq);
            }
        }
        sent
    }

    async fn send_until(
        &self,
        conversation: &Conversation,
        message: &Message,
        until: Instant,
    ) -> bool {
        let group = conversation.group();
        let frame = frame(conversation, message);
        let sent = timeout_at(until, self.courier.to_group(&group, &frame)).await;
        match sent {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "message {} of {conversation} is stored, but could not be sent; it will be made up for",
                    message.seq
                );
                false
            }
            Err(_) => {
                tracing::error!(
                    "message {} of {conversation} is stored, but was not sent in time; it will be made up for",
                    message.seq
                );
                false
            }
        }
    }

    /// What other instances stored and, it seems, never sent. Between the first and the last
    /// may lie others that were.
    pub(super) async fn leftovers(
        &self,
        conversation: &Conversation,
        generation: u64,
        overdue: &[u64],
    ) -> Vec<Message> {
        let Some((first, last)) = overdue.first().zip(overdue.last()) else {
            return Vec::new();
        };
        let range = *first..=*last;
        let found = history::messages(&*self.store, conversation, generation, range).await;
        match found {
            Ok(mut messages) => {
                messages.retain(|message| overdue.contains(&message.seq));
                messages
            }
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "messages of {conversation} that were not sent cannot be read"
                );
                Vec::new()
            }
        }
    }
}
