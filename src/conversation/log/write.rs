//! Storing what waits in a lane: one read, one write, and the same again if another instance
//! came first.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::super::head::Head;
use super::super::keys;
use super::super::message::Message;
use super::super::{Conversation, ConversationError, ConversationState};
use super::doubt::InDoubt;
use super::lane::{Sent, Waiting};
use super::repeats::{Mark, take_out};
use super::{Appended, Outcome, Shared};
use crate::store::{StoreError, Write, WriteError};

/// How long a batch may go on trying. The Functions host waits much longer.
pub(super) const LONGEST: Duration = Duration::from_secs(8);
/// How much of what others left unsent is sent along with one batch.
const MAX_LEFTOVERS: usize = 100;
const FIRST_PAUSE: Duration = Duration::from_millis(4);
const MAX_PAUSE: Duration = Duration::from_millis(250);

/// What became of a batch.
pub(super) struct Written {
    pub(super) stored: Option<Stored>,
    answered: Vec<(Waiting, Result<Outcome, ConversationError>)>,
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

/// What a write stores, once it is done.
pub(super) struct Made {
    pub(super) generation: u64,
    pub(super) messages: Vec<Message>,
    pub(super) overdue: Vec<u64>,
}

/// What one read and one write came to.
enum Tried {
    Stored(Made),
    /// Some were answered, and nothing was written. The others can be tried at once.
    Fewer,
    /// Another instance came first.
    LostRace,
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
        let mut doubt = None;
        let mut pauses = 0;
        loop {
            let tried = self
                .try_write(conversation, &mut batch, sent, &mut answered, &mut doubt)
                .await;
            match tried {
                Ok(Tried::Stored(made)) => {
                    let stored = Stored {
                        generation: made.generation,
                        waiting: batch.into_iter().zip(made.messages).collect(),
                        overdue: made.overdue,
                    };
                    return Written {
                        stored: Some(stored),
                        answered,
                    };
                }
                Ok(_) if batch.is_empty() => break,
                Ok(Tried::Fewer) => continue,
                Ok(Tried::LostRace) if Instant::now() < deadline => {}
                // While there is doubt, it is worth asking until the time is up.
                Err(_) if doubt.is_some() && Instant::now() < deadline => {}
                failed => {
                    let cause = failed.err();
                    give_up(&mut batch, &mut answered, cause, doubt.is_some());
                    break;
                }
            }
            pauses += 1;
            sleep(self.pause(pauses)).await;
        }
        Written {
            stored: None,
            answered,
        }
    }

    /// One read and one write.
    async fn try_write(
        &self,
        conversation: &Conversation,
        batch: &mut Vec<Waiting>,
        sent: &BTreeSet<Sent>,
        answered: &mut Vec<(Waiting, Result<Outcome, ConversationError>)>,
        in_doubt: &mut Option<InDoubt>,
    ) -> Result<Tried, StoreError> {
        let top = ConversationState::read(&*self.store, conversation).await?;
        if let Some(doubt) = in_doubt.as_mut() {
            if let Some(made) = self.was_done(conversation, batch, doubt).await? {
                return Ok(Tried::Stored(made));
            }
            if !doubt.may_come_yet(&top) {
                *in_doubt = None;
            }
        }
        refuse(batch, &top, answered, in_doubt.is_some());
        if batch.is_empty() {
            return Ok(Tried::Fewer);
        }
        let now = self.clock.now();
        let (writes, made) = compose(batch, &top, sent, now)?;
        match self.store.write(&conversation.partition(), writes).await {
            Ok(()) => Ok(Tried::Stored(made)),
            Err(WriteError::Conflict { position }) => {
                if let Some(first) = repeated(position, batch.len()) {
                    let found = self.find_repeats(conversation, &top, batch, first).await?;
                    if !found.is_empty() {
                        take_out(batch, found, sent, answered);
                        return Ok(Tried::Fewer);
                    }
                }
                self.count_lost_race();
                Ok(Tried::LostRace)
            }
            Err(WriteError::NotDone(error)) => Err(error),
            Err(WriteError::Unknown(error)) => {
                InDoubt::note(in_doubt, &top, &made);
                Err(error)
            }
        }
    }

    pub(super) fn count_lost_race(&self) {
        self.lost_races.fetch_add(1, Ordering::Relaxed);
    }

    /// Grows, and differs from instance to instance, so that those who met do not meet again.
    pub(super) fn pause(&self, attempt: u32) -> Duration {
        let longest = (FIRST_PAUSE * 2_u32.saturating_pow(attempt.min(8))).min(MAX_PAUSE);
        let [share, ..] = *self.ids.uuid().as_bytes();
        longest * u32::from(share) / 255
    }
}

/// Answers those who may not speak, and leaves the others. Who might a moment ago, when the write
/// went out that is in doubt, may have been stored.
fn refuse(
    batch: &mut Vec<Waiting>,
    top: &ConversationState,
    answered: &mut Vec<(Waiting, Result<Outcome, ConversationError>)>,
    in_doubt: bool,
) {
    for mut waiting in std::mem::take(batch) {
        match (waiting.permit)(top, &mut waiting.draft) {
            Ok(()) => batch.push(waiting),
            Err(_) if in_doubt => {
                answered.push((waiting, Err(ConversationError::OutcomeUnknown(None))))
            }
            Err(refused) => answered.push((waiting, Err(refused))),
        }
    }
}

/// The head first, then a message and its mark for each.
fn compose(
    batch: &[Waiting],
    top: &ConversationState,
    sent: &BTreeSet<Sent>,
    now: Timestamp,
) -> Result<(Vec<Write>, Made), StoreError> {
    let mut head: Head = top.head.clone();
    for sent in sent {
        sent.mark_in(&mut head);
    }
    let overdue = head.overdue(now).flat_map(|run| run.from..=run.to);
    let overdue = overdue.take(MAX_LEFTOVERS).collect();
    let generation = head.generation;
    let mut writes = Vec::with_capacity(1 + 2 * batch.len());
    let mut messages = Vec::with_capacity(batch.len());
    for waiting in batch {
        let draft = &waiting.draft;
        let (seq, at) = head.push(&draft.sender, now);
        let message = draft.into_message(seq, at);
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
    let made = Made {
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
    answered: &mut Vec<(Waiting, Result<Outcome, ConversationError>)>,
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
            (_, true) => ConversationError::OutcomeUnknown(None),
            (Some(_), false) => ConversationError::Unavailable(
                "the store does not answer; nothing was stored, try again",
            ),
            (None, false) => ConversationError::Unavailable(
                "too many write here at once; nothing was stored, try again",
            ),
        };
        answered.push((waiting, Err(refused)));
    }
}
