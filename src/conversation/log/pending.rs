//! A message on its way through a lane, and what becomes of it.

use tokio::sync::oneshot;
use tokio::time::Instant;
use tracing::Span;

use super::super::Conversation;
use super::super::ConversationError;
use super::super::head::Head;
use super::super::message::{Draft, Message};
use super::super::question;
use super::context::COMMIT_TIMEOUT;

/// A message that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    pub message: Message,
    /// An earlier try stored it.
    pub duplicate: bool,
    /// The membership number under which the draft's connection joined the group just now.
    pub joined: Option<u64>,
    /// The generation of the conversation in which it is stored.
    pub generation: u64,
}

impl Posted {
    /// The id that the answer has or will have, if the message is a question.
    pub fn answer_id(&self, conversation: &Conversation) -> Option<uuid::Uuid> {
        let id = || question::answer_id(conversation, self.generation, self.message.seq);
        self.message.asks.then(id)
    }
}

/// The answer to a sender.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) posted: Posted,
    /// An earlier try stored it, and nobody has recorded that it was sent.
    pub(super) unsent: bool,
    /// An earlier try stored it, and it waits for its answer for long.
    pub(super) unanswered: bool,
}

/// A message that waits to be stored and sent.
pub(super) struct Pending {
    pub(super) draft: Draft,
    /// Whether the message will be stored as a question.
    pub(super) asks: bool,
    answer: oneshot::Sender<Result<Answer, ConversationError>>,
    since: Instant,
    /// The call that posts it, for log lines and traces.
    pub(super) call: Span,
}

impl Pending {
    pub(super) fn new(
        draft: Draft,
        answer: oneshot::Sender<Result<Answer, ConversationError>>,
    ) -> Self {
        Self {
            draft,
            asks: false,
            answer,
            since: Instant::now(),
            call: Span::current(),
        }
    }

    /// A sender that is gone misses nothing: its retry gets the same answer.
    pub(super) fn answer(self, answer: Result<Answer, ConversationError>) {
        let _ = self.answer.send(answer);
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.answer.is_closed()
    }

    /// Behind a slow store a queue may take longer than a sender waits for an answer.
    pub(super) fn is_too_old(&self) -> bool {
        self.since.elapsed() > COMMIT_TIMEOUT
    }
}

/// A message that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sent {
    pub(super) generation: u64,
    pub(super) seq: u64,
}

impl Sent {
    /// Returns whether the head changed. A deleted generation records nothing.
    pub(super) fn mark_in(self, head: &mut Head) -> bool {
        self.generation == head.generation && head.mark_sent(self.seq)
    }
}

/// What one write stores.
pub(super) struct Stored {
    pub(super) generation: u64,
    pub(super) messages: Vec<Message>,
    /// Messages that other instances stored long ago and have not recorded as sent.
    pub(super) overdue: Vec<u64>,
    /// Questions that wait for long, and count as queued again.
    pub(super) unanswered: Vec<u64>,
}
