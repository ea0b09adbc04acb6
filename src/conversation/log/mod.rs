//! Posting messages: each is stored once, under the next number, and sent to everyone.
//!
//! A conversation that somebody posts in has a lane: a queue, and a task that empties it. All
//! messages that wait in it at one moment are committed together. Other instances write to the
//! same conversation; they meet at the store, where the head's version lets one writer through.
//!
//! One turn of a lane, for every message that waits:
//!
//! 1. `lane` takes a batch from the queue, without two messages of the same dedup key.
//! 2. `commit` reads guard and head: one read, or none where `memory` has what the lane's last
//!    write left behind.
//! 3. It authorises each draft against them and answers those that are refused. It refuses nobody
//!    from memory.
//! 4. It numbers the rest and writes head, messages and dedup records: one write. If another
//!    instance moved the head first, it starts again at 2; if a dedup record exists, `dedup`
//!    answers that sender with the message that is stored.
//! 5. `delivery` sends the messages to the group, in order unless more than `BROADCAST_WINDOW`
//!    wait, `questions` puts those for the assistant on its queue, and the senders are answered.
//!    What could not be sent is left to the queue, whose trigger calls
//!    `resend`(MessageLog::resend).
//! 6. The lane records that they were sent, with the next write of the head or soon after.
//!
//! A write whose outcome is unknown is resolved in `uncertain` before the next try.

mod commit;
mod context;
mod dedup;
mod delivery;
mod lane;
mod memory;
mod pending;
mod questions;
mod resend;
mod uncertain;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::sleep;

use super::message::{DedupKey, Draft, Message};
use super::outbox::Outbox;
use super::{Conversation, ConversationError, ConversationState};
use crate::azure::courier::Courier;
use crate::clock::{Clock, Ids};
use crate::store::{Store, StoreError};
use context::Context;
use delivery::Delivery;
use lane::Lanes;
use pending::{Pending, Sent};

pub use delivery::{MessageFrame, frame};
pub use pending::Posted;
pub use resend::{ResendError, Resent};

/// A sender who repeats a message waits this long for the first try to be recorded as sent.
const SENT_TIMEOUT: Duration = Duration::from_secs(2);
const POLL_INTERVAL: Duration = Duration::from_millis(250);

/// Stores messages and sends them. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MessageLog(Arc<Lanes>);

impl MessageLog {
    pub fn new(
        store: Arc<dyn Store>,
        courier: Courier,
        outbox: Outbox,
        clock: Clock,
        ids: Ids,
        broadcast_window: usize,
    ) -> Self {
        Self(Arc::new(Lanes::new(Context::new(
            store,
            courier,
            outbox,
            clock,
            ids,
            broadcast_window,
        ))))
    }

    /// Stores a message and sends it. Once it is stored the answer is the same even if sending
    /// it fails: it is sent later.
    pub async fn append(
        &self,
        conversation: &Conversation,
        draft: Draft,
    ) -> Result<Posted, ConversationError> {
        let (answer, answered) = oneshot::channel();
        let pending = Pending::new(draft, answer);
        self.0.with_lane(conversation, |lane| lane.push(pending))?;
        let answer = answered
            .await
            .map_err(|_| ConversationError::OutcomeUnknown(None))??;
        let posted = answer.posted;
        if answer.unanswered {
            let (context, question) = (&self.0.context, [posted.message.seq]);
            questions::requeue(context, conversation, posted.generation, &question).await;
        }
        if answer.unsent {
            self.resend_if_lost(conversation, posted.generation, &posted.message)
                .await;
        }
        Ok(posted)
    }

    /// The message that is stored under this key, if any.
    pub async fn find(
        &self,
        conversation: &Conversation,
        generation: u64,
        key: &DedupKey,
    ) -> Result<Option<Message>, StoreError> {
        let store = &*self.0.context.store;
        dedup::stored_message(store, conversation, generation, key).await
    }

    /// Sends a stored message unless it is recorded that it went out. Returns whether it was sent.
    pub async fn resend_if_unsent(
        &self,
        conversation: &Conversation,
        generation: u64,
        message: &Message,
    ) -> Result<bool, StoreError> {
        let store = &*self.0.context.store;
        let state = ConversationState::read(store, conversation).await?;
        let is_unsent = state.head.generation == generation && state.head.is_unsent(message.seq);
        Ok(is_unsent && self.resend_if_lost(conversation, generation, message).await)
    }

    /// Counts a write about a conversation that came second. The assistant's workers write beside
    /// the lanes.
    pub fn count_lost_race(&self) {
        self.0.context.count_lost_race();
    }

    /// How often another writer came first, since the start.
    pub fn lost_races(&self) -> u64 {
        self.0.context.lost_races.load(Ordering::Relaxed)
    }

    /// Makes every lane record its sent messages now, and waits until all have.
    pub async fn drain(&self) {
        let mut lane_ended = self.0.context.draining.subscribe();
        let _ = self.0.context.draining.send(true);
        while !self.0.is_empty() {
            if lane_ended.changed().await.is_err() {
                return;
            }
        }
    }

    /// The instance that stored the message may still be sending it. If it does not record so
    /// in time, it is gone, and the message is sent from here. Returns whether it was.
    async fn resend_if_lost(
        &self,
        conversation: &Conversation,
        generation: u64,
        message: &Message,
    ) -> bool {
        let context = &self.0.context;
        for _ in 0..(SENT_TIMEOUT.as_millis() / POLL_INTERVAL.as_millis()) {
            match ConversationState::read(&*context.store, conversation).await {
                Ok(state) if state.head.generation != generation => return false,
                Ok(state) if !state.head.is_unsent(message.seq) => return false,
                Ok(_) => sleep(POLL_INTERVAL).await,
                // The message is stored; the next one in the conversation sends it.
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the store failed");
                    return false;
                }
            }
        }
        let delivery = Delivery::new(context, conversation);
        if delivery.send_all(&[message]).await.is_empty() {
            delivery.leave_to_queue(generation).await;
            return false;
        }
        let seq = message.seq;
        self.0.with_lane(conversation, |lane| {
            lane.note_sent(Sent { generation, seq });
        });
        true
    }
}
