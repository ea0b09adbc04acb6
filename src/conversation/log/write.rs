//! Storing what waits in a lane: one read, one write, and the same again if another instance
//! came first.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::super::head::Head;
use super::super::keys::{self, Marker};
use super::super::message::Message;
use super::super::{Conversation, Refused, Top};
use super::lane::{Sent, Waiting};
use super::{Appended, Outcome, Shared};
use crate::store::{StoreError, Write, WriteError};

/// How long a batch may go on trying. The Functions host waits much longer.
const LONGEST: Duration = Duration::from_secs(8);
/// How much of what others left unsent is sent along with one batch.
const MOST_LEFTOVERS: usize = 100;
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// That a message with this id was stored.
#[derive(Debug, Serialize, Deserialize)]
struct Mark {
    seq: u64,
    uuid: Uuid,
}

/// What became of a batch.
pub(super) struct Written {
    pub(super) stored: Option<Stored>,
    answered: Vec<(Waiting, Result<Outcome, Refused>)>,
}

/// The part of a batch that this write stored.
pub(super) struct Stored {
    pub(super) generation: u64,
    pub(super) waiting: Vec<(Waiting, Message)>,
    /// What others stored long ago and did not send, as far as anybody knows.
    pub(super) overdue: Vec<u64>,
}

impl Written {
    /// Tells everyone.
    pub(super) fn answer(self) {
        for (waiting, outcome) in self.answered {
            waiting.answer(outcome);
        }
        let Some(Stored {
            generation,
            waiting,
            ..
        }) = self.stored
        else {
            return;
        };
        for (waiting, message) in waiting {
            waiting.answer(Ok(Outcome {
                appended: Appended {
                    message,
                    duplicate: false,
                },
                generation,
                unsent: false,
            }));
        }
    }
}

/// A write whose outcome is not known.
struct InDoubt {
    generation: u64,
    messages: Vec<Message>,
    overdue: Vec<u64>,
}

impl Shared {
    pub(super) async fn write(
        &self,
        conversation: &Conversation,
        mut batch: Vec<Waiting>,
        sent: &BTreeSet<Sent>,
    ) -> Written {
        let mut answered = Vec::new();
        let deadline = Instant::now() + LONGEST;
        let mut in_doubt = None;
        for attempt in 0.. {
            if attempt > 0 {
                sleep(self.pause(attempt)).await;
            }
            let tried = self
                .try_write(conversation, &mut batch, sent, &mut answered, &mut in_doubt)
                .await;
            match tried {
                Ok(Some(messages)) => {
                    let stored = Stored {
                        generation: messages.generation,
                        waiting: batch.into_iter().zip(messages.messages).collect(),
                        overdue: messages.overdue,
                    };
                    return Written {
                        stored: Some(stored),
                        answered,
                    };
                }
                Ok(None) if batch.is_empty() => break,
                Ok(None) if Instant::now() < deadline => {}
                // While there is doubt, it is worth asking until the time is up.
                Err(_) if in_doubt.is_some() && Instant::now() < deadline => {}
                failed => {
                    let cause = failed.err();
                    give_up(&mut batch, &mut answered, cause, in_doubt.is_some());
                    break;
                }
            }
        }
        Written {
            stored: None,
            answered,
        }
    }

    /// One read and one write. `Ok(None)` means: try again, or nothing is left to try.
    async fn try_write(
        &self,
        conversation: &Conversation,
        batch: &mut Vec<Waiting>,
        sent: &BTreeSet<Sent>,
        answered: &mut Vec<(Waiting, Result<Outcome, Refused>)>,
        in_doubt: &mut Option<InDoubt>,
    ) -> Result<Option<InDoubt>, StoreError> {
        let top = Top::read(&*self.store, conversation).await?;
        if let Some(doubt) = in_doubt.take() {
            match self.was_done(conversation, batch, &doubt).await {
                Ok(true) => return Ok(Some(doubt)),
                Ok(false) => {}
                Err(error) => {
                    *in_doubt = Some(doubt);
                    return Err(error);
                }
            }
        }
        refuse(batch, &top, answered);
        if batch.is_empty() {
            return Ok(None);
        }
        let now = self.clock.now();
        let (writes, made) = match compose(batch, &top, sent, now) {
            Ok(composed) => composed,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "nothing can be composed"
                );
                return Err(StoreError::Refused("a record cannot be written".to_owned()));
            }
        };
        match self.store.write(&conversation.partition(), writes).await {
            Ok(()) => Ok(Some(made)),
            Err(WriteError::Conflict { position }) => {
                let Some(repeated) = repeated(position, batch.len()) else {
                    self.count_lost_race();
                    return Ok(None);
                };
                let marker = &batch[repeated].draft.marker;
                let found = self.find(conversation, &top, marker, sent).await?;
                if let Some(outcome) = found {
                    answered.push((batch.remove(repeated), Ok(outcome)));
                }
                Ok(None)
            }
            Err(WriteError::NotDone(error)) => Err(error),
            Err(WriteError::Unknown(error)) => {
                *in_doubt = Some(made);
                Err(error)
            }
        }
    }

    /// A batch is written whole or not at all, so its first message tells.
    async fn was_done(
        &self,
        conversation: &Conversation,
        batch: &[Waiting],
        doubt: &InDoubt,
    ) -> Result<bool, StoreError> {
        let Some(first) = batch.first() else {
            return Ok(false);
        };
        let key = keys::marker(doubt.generation, &first.draft.marker);
        let found = self.store.get(&conversation.partition(), &key).await?;
        let mark: Option<Mark> = found.map(|record| record.read()).transpose()?;
        Ok(mark.is_some_and(|mark| mark.uuid == first.draft.uuid))
    }

    /// The message that an earlier try stored.
    async fn find(
        &self,
        conversation: &Conversation,
        top: &Top,
        marker: &Marker,
        sent: &BTreeSet<Sent>,
    ) -> Result<Option<Outcome>, StoreError> {
        let partition = conversation.partition();
        let generation = top.head.generation;
        let key = keys::marker(generation, marker);
        let Some(mark) = self.store.get(&partition, &key).await? else {
            return Ok(None);
        };
        let Mark { seq, .. } = mark.read()?;
        let key = keys::message(generation, seq);
        let Some(record) = self.store.get(&partition, &key).await? else {
            return Ok(None);
        };
        Ok(Some(Outcome {
            appended: Appended {
                message: record.read()?,
                duplicate: true,
            },
            generation,
            unsent: top.head.is_unsent(seq) && !sent.contains(&Sent { generation, seq }),
        }))
    }

    pub(super) fn count_lost_race(&self) {
        self.lost_races.fetch_add(1, Ordering::Relaxed);
    }

    /// Grows, and differs from instance to instance, so that those who met do not meet again.
    pub(super) fn pause(&self, attempt: u32) -> Duration {
        let longest = (FIRST_PAUSE * 2_u32.saturating_pow(attempt.min(8))).min(LONGEST_PAUSE);
        let [share, ..] = *self.ids.uuid().as_bytes();
        longest * u32::from(share) / 255
    }
}

/// Answers those who may not speak, and leaves the others.
fn refuse(
    batch: &mut Vec<Waiting>,
    top: &Top,
    answered: &mut Vec<(Waiting, Result<Outcome, Refused>)>,
) {
    for mut waiting in std::mem::take(batch) {
        match (waiting.permit)(top, &mut waiting.draft) {
            Ok(()) => batch.push(waiting),
            Err(refused) => answered.push((waiting, Err(refused))),
        }
    }
}

/// The head first, then a message and its mark for each.
fn compose(
    batch: &[Waiting],
    top: &Top,
    sent: &BTreeSet<Sent>,
    now: Timestamp,
) -> Result<(Vec<Write>, InDoubt), serde_json::Error> {
    let mut head: Head = top.head.clone();
    for sent in sent {
        sent.mark_in(&mut head);
    }
    let overdue = head.overdue(now).flat_map(|run| run.from..=run.to);
    let overdue = overdue.take(MOST_LEFTOVERS).collect();
    let generation = head.generation;
    let mut writes = Vec::with_capacity(1 + 2 * batch.len());
    let mut messages = Vec::with_capacity(batch.len());
    for waiting in batch {
        let draft = &waiting.draft;
        let (seq, at) = head.push(&draft.sender, now);
        let message = draft.stored_as(seq, at);
        let mark = Mark {
            seq,
            uuid: draft.uuid,
        };
        writes.push(Write::insert(keys::message(generation, seq), &message)?);
        writes.push(Write::insert(
            keys::marker(generation, &draft.marker),
            &mark,
        )?);
        messages.push(message);
    }
    writes.insert(0, top.write_head(&head)?);
    let made = InDoubt {
        generation,
        messages,
        overdue,
    };
    Ok((writes, made))
}

/// Whose mark was there already. The head comes first, then pairs of message and mark.
fn repeated(position: usize, batch: usize) -> Option<usize> {
    let is_mark = position > 0 && position.is_multiple_of(2);
    is_mark
        .then(|| position / 2 - 1)
        .filter(|index| *index < batch)
}

fn give_up(
    batch: &mut Vec<Waiting>,
    answered: &mut Vec<(Waiting, Result<Outcome, Refused>)>,
    cause: Option<StoreError>,
    in_doubt: bool,
) {
    if let Some(cause) = &cause {
        tracing::error!(
            error = cause as &dyn std::error::Error,
            "{} messages could not be stored",
            batch.len()
        );
    }
    for waiting in batch.drain(..) {
        let refused = match (&cause, in_doubt) {
            (_, true) => Refused::NotKnown,
            (Some(_), false) => {
                Refused::Unavailable("the store does not answer; nothing was stored, try again")
            }
            (None, false) => {
                Refused::Unavailable("too many write here at once; nothing was stored, try again")
            }
        };
        answered.push((waiting, Err(refused)));
    }
}
