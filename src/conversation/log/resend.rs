//! Sending what was stored long ago and never recorded as sent, for the queue trigger.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{Instant, sleep};

use super::super::{Conversation, ConversationState, history};
use super::MessageLog;
use super::context::Context;
use super::delivery::Delivery;
use super::memory::Memory;
use super::pending::Sent;
use crate::store::{StoreError, WriteError};

/// How many messages are read and sent before it is recorded that they went out.
const MAX_MESSAGES: usize = 100;
/// A message that nobody could hear for so long is left to the history.
const GIVE_UP_AFTER: SignedDuration = SignedDuration::from_hours(24);
const RECORD_TIMEOUT: Duration = Duration::from_secs(8);

/// How far [`MessageLog::resend`] came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resent {
    All,
    /// The time is up, and there is more.
    Some,
}

/// Something is still unsent. The same call may succeed later.
#[derive(Debug, thiserror::Error)]
pub enum ResendError {
    #[error("the store failed")]
    Store(#[from] StoreError),
    #[error("failed to record what was sent")]
    Record(#[source] WriteError),
    #[error("the service took no message")]
    Unsent,
}

impl MessageLog {
    /// Sends everything overdue of this generation, in order. A generation that is deleted has
    /// nothing to send.
    pub async fn resend(
        &self,
        conversation: &Conversation,
        generation: u64,
        until: Instant,
    ) -> Result<Resent, ResendError> {
        let context = &self.0.context;
        loop {
            let overdue = overdue(context, conversation, generation).await?;
            let Some((first, last)) = overdue.first().zip(overdue.last()) else {
                return Ok(Resent::All);
            };
            if Instant::now() >= until {
                return Ok(Resent::Some);
            }
            let (store, range) = (&*context.store, *first..=*last);
            let mut messages = history::messages(store, conversation, generation, range).await?;
            messages.retain(|message| overdue.contains(&message.seq));
            let messages: Vec<_> = messages.iter().collect();
            let sent = Delivery::new(context, conversation)
                .send_all(&messages)
                .await;
            if sent.is_empty() {
                return Err(ResendError::Unsent);
            }
            let sent = sent.into_iter().map(|seq| Sent { generation, seq });
            record(context, conversation, &sent.collect()).await?;
        }
    }

    /// Whether something of this generation is unsent and younger than a day.
    pub async fn owes(
        &self,
        conversation: &Conversation,
        generation: u64,
    ) -> Result<bool, StoreError> {
        let context = &self.0.context;
        let state = ConversationState::read(&*context.store, conversation).await?;
        let now: Timestamp = context.clock.now();
        let is_recent = state
            .head
            .overdue(now)
            .any(|run| run.at > now - GIVE_UP_AFTER);
        Ok(state.head.generation == generation && is_recent)
    }
}

async fn overdue(
    context: &Context,
    conversation: &Conversation,
    generation: u64,
) -> Result<Vec<u64>, StoreError> {
    let state = ConversationState::read(&*context.store, conversation).await?;
    if state.head.generation != generation {
        return Ok(Vec::new());
    }
    let runs = state.head.overdue(context.clock.now());
    let numbers = runs.flat_map(|run| run.from..=run.to);
    Ok(numbers.take(MAX_MESSAGES).collect())
}

/// Another writer may come first many times: somebody may be posting here at this moment.
async fn record(
    context: &Context,
    conversation: &Conversation,
    sent: &BTreeSet<Sent>,
) -> Result<(), ResendError> {
    let deadline = Instant::now() + RECORD_TIMEOUT;
    let mut retries = 0;
    loop {
        let delivery = Delivery::new(context, conversation);
        let mut memory = Memory::new(&context.interference);
        match delivery.record_sent(sent, &mut memory).await {
            Ok(()) => return Ok(()),
            Err(error) if Instant::now() >= deadline => return Err(ResendError::Record(error)),
            Err(_) => retries += 1,
        }
        sleep(context.pause(retries)).await;
    }
}
