//! Storing a batch: at most one read, and one write, repeated when another instance came first.

use std::collections::BTreeSet;

use jiff::Timestamp;
use tokio::time::{Instant, sleep};

use super::super::head::Head;
use super::super::keys;
use super::super::question::claim;
use super::super::{Conversation, ConversationError, ConversationState};
use super::context::{COMMIT_TIMEOUT, Context};
use super::dedup::{self, DedupRecord};
use super::memory::Memory;
use super::pending::{Answer, Pending, Posted, Sent, Stored};
use super::questions;
use super::uncertain::UncertainWrite;
use crate::store::{StoreError, Write, WriteError};

/// How many unsent messages of others are sent along with one batch.
const MAX_OVERDUE: usize = 100;

type Answered = (Pending, Result<Answer, ConversationError>);

const TOO_MANY_QUESTIONS: ConversationError = ConversationError::RateLimited(
    "too many questions wait for their answers here; nothing was stored, try again later",
);
const CLAIM_LOST: ConversationError =
    ConversationError::Unavailable("another worker answers this question, or it is over");

/// One batch on its way into the store.
pub(super) struct Commit<'a> {
    context: &'a Context,
    conversation: &'a Conversation,
    memory: &'a mut Memory,
    /// Recorded in the head by the same write.
    sent: &'a BTreeSet<Sent>,
    batch: Vec<Pending>,
    answered: Vec<Answered>,
    uncertain: Option<UncertainWrite>,
    refused_behind: Option<(u64, Vec<u64>)>,
}

/// The end of a batch: the messages that were stored, and answers for the others.
pub(super) struct BatchResult {
    pub(super) stored: Option<Stored>,
    /// The senders of the stored messages, in the same order.
    pub(super) senders: Vec<Pending>,
    answered: Vec<Answered>,
    /// The generation, and the questions that wait for long, if new ones were refused.
    pub(super) refused_behind: Option<(u64, Vec<u64>)>,
}

impl BatchResult {
    /// Answers every sender. `joined` are the connections that joined the group.
    pub(super) fn answer(self, joined: &BTreeSet<String>) {
        for (pending, answer) in self.answered {
            pending.answer(answer);
        }
        let Some(stored) = self.stored else {
            return;
        };
        for (pending, message) in self.senders.into_iter().zip(stored.messages) {
            let posted = Posted {
                message,
                duplicate: false,
                joined: joined_under(&pending, joined),
                generation: stored.generation,
            };
            pending.answer(Ok(Answer {
                posted,
                unsent: false,
                unanswered: false,
            }));
        }
    }
}

fn joined_under(pending: &Pending, joined: &BTreeSet<String>) -> Option<u64> {
    let join = pending.draft.join.as_ref();
    join.filter(|join| joined.contains(&join.connection))?.due()
}

/// The outcome of one read, or none, and one write.
enum Attempt {
    Stored(Stored),
    /// Nothing was written, and another attempt can follow at once: some senders were answered, or
    /// the memory was out of date.
    Again,
    /// Another instance came first.
    LostRace,
}

/// Where the state comes from that a write starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Memory,
    Store,
}

impl<'a> Commit<'a> {
    pub(super) fn new(
        context: &'a Context,
        conversation: &'a Conversation,
        memory: &'a mut Memory,
        batch: Vec<Pending>,
        sent: &'a BTreeSet<Sent>,
    ) -> Self {
        Self {
            context,
            conversation,
            memory,
            sent,
            batch,
            answered: Vec::new(),
            uncertain: None,
            refused_behind: None,
        }
    }

    pub(super) async fn run(mut self) -> BatchResult {
        let deadline = Instant::now() + COMMIT_TIMEOUT;
        let mut pauses = 0;
        let stored = loop {
            match self.attempt().await {
                Ok(Attempt::Stored(stored)) => break Some(stored),
                Ok(_) if self.batch.is_empty() => break None,
                Ok(Attempt::Again) => continue,
                Ok(Attempt::LostRace) if Instant::now() < deadline => {}
                // The outcome of a write is unknown: ask the store until time is up.
                Err(_) if self.uncertain.is_some() && Instant::now() < deadline => {}
                Ok(Attempt::LostRace) => {
                    self.give_up(None);
                    break None;
                }
                Err(error) => {
                    self.give_up(Some(&error));
                    break None;
                }
            }
            pauses += 1;
            sleep(self.context.pause(pauses)).await;
        };
        BatchResult {
            stored,
            senders: self.batch,
            answered: self.answered,
            refused_behind: self.refused_behind,
        }
    }

    async fn attempt(&mut self) -> Result<Attempt, StoreError> {
        // What a write with an unknown outcome left behind is only known from a read.
        if let Some(remembered) = self.memory.recall()
            && self.admits_all(&remembered)
        {
            return self.write(remembered, Origin::Memory).await;
        }
        let store = &*self.context.store;
        let state = ConversationState::read(store, self.conversation).await?;
        self.memory.compare(&state);
        if let Some(uncertain) = &self.uncertain {
            let found = uncertain.find_committed(store, self.conversation, &self.batch);
            if let Some(stored) = found.await? {
                return Ok(Attempt::Stored(stored));
            }
            if !uncertain.may_still_land(&state) {
                self.uncertain = None;
            }
        }
        self.refuse_unauthorized(&state);
        self.refuse_surplus_questions(&state).await?;
        if self.batch.is_empty() {
            return Ok(Attempt::Again);
        }
        self.write(state, Origin::Store).await
    }

    /// Whether nobody would be refused in this state.
    fn admits_all(&mut self, state: &ConversationState) -> bool {
        let mut batch = self.batch.iter_mut();
        batch.all(|pending| pending.draft.authorize(state).is_ok())
            && questions::decide(&mut self.batch, state).is_empty()
    }

    async fn write(
        &mut self,
        state: ConversationState,
        origin: Origin,
    ) -> Result<Attempt, StoreError> {
        let (writes, stored, head) = self.compose(&state, self.context.clock.now())?;
        let partition = self.conversation.partition();
        match self.context.store.commit(&partition, writes).await {
            Ok(written) => {
                if origin == Origin::Memory {
                    self.memory.note_current();
                }
                self.memory.note(state.after(head, written.version(0)));
                Ok(Attempt::Stored(stored))
            }
            Err(WriteError::Conflict { position }) => {
                if let Some(first) = repeated(position, self.batch.len())
                    && self.answer_repeats(&state, first).await?
                {
                    return Ok(Attempt::Again);
                }
                if position > 2 * self.batch.len() && self.refuse_lost_claim() {
                    return Ok(Attempt::Again);
                }
                self.context.count_lost_race();
                if origin == Origin::Memory {
                    self.memory.note_outdated();
                    return Ok(Attempt::Again);
                }
                Ok(Attempt::LostRace)
            }
            Err(WriteError::NotDone(error)) => Err(error),
            Err(WriteError::Unknown(error)) => {
                UncertainWrite::note(&mut self.uncertain, &state, &stored);
                Err(error)
            }
        }
    }

    /// Answers the senders who may not post. While a write is uncertain, such a sender's message
    /// may already be stored.
    fn refuse_unauthorized(&mut self, state: &ConversationState) {
        for mut pending in std::mem::take(&mut self.batch) {
            match pending.draft.authorize(state) {
                Ok(()) => self.batch.push(pending),
                Err(_) if self.uncertain.is_some() => {
                    let unknown = ConversationError::OutcomeUnknown(None);
                    self.answered.push((pending, Err(unknown)));
                }
                Err(refused) => self.answered.push((pending, Err(refused))),
            }
        }
    }

    /// Answers the senders whose questions the conversation has no room for. One of them may be a
    /// repeat, which is answered as such.
    async fn refuse_surplus_questions(
        &mut self,
        state: &ConversationState,
    ) -> Result<(), StoreError> {
        let refused = questions::decide(&mut self.batch, state);
        if let Some(first) = refused.first() {
            self.answer_repeats(state, *first).await?;
            // Positions have changed.
            let refused = questions::decide(&mut self.batch, state);
            if !refused.is_empty() {
                let unanswered = state.head.questions.overdue(self.context.clock.now());
                self.refused_behind = Some((state.head.generation, unanswered));
            }
            for position in refused.into_iter().rev() {
                let error = match &self.uncertain {
                    Some(_) => ConversationError::OutcomeUnknown(None),
                    None => TOO_MANY_QUESTIONS,
                };
                self.answered
                    .push((self.batch.remove(position), Err(error)));
            }
        }
        Ok(())
    }

    /// Answers a worker that another one has overtaken. Returns whether there was one.
    fn refuse_lost_claim(&mut self) -> bool {
        let is_answer = |pending: &Pending| pending.draft.answering.is_some();
        let Some(position) = self.batch.iter().position(is_answer) else {
            return false;
        };
        let error = match &self.uncertain {
            Some(_) => ConversationError::OutcomeUnknown(None),
            None => CLAIM_LOST,
        };
        self.answered
            .push((self.batch.remove(position), Err(error)));
        true
    }

    /// The head first, then a message and its dedup record for each draft, then the end of an
    /// answer's claim.
    fn compose(
        &self,
        state: &ConversationState,
        now: Timestamp,
    ) -> Result<(Vec<Write>, Stored, Head), StoreError> {
        let mut head: Head = state.head.clone();
        for sent in self.sent {
            sent.mark_in(&mut head);
        }
        let overdue = head.overdue(now).flat_map(|run| run.from..=run.to);
        let overdue = overdue.take(MAX_OVERDUE).collect();
        let unanswered = head.questions.overdue(now);
        head.questions.restamp_overdue(now);
        let generation = head.generation;
        let mut writes = Vec::with_capacity(1 + 2 * self.batch.len());
        let mut messages = Vec::with_capacity(self.batch.len());
        let mut ended_claim = None;
        for Pending { draft, asks, .. } in &self.batch {
            let (seq, at) = head.push(&draft.sender, now);
            let message = draft.to_message(seq, at, *asks);
            if let Some(asking) = draft.asking.as_ref().filter(|_| *asks) {
                head.questions.note(seq, now, &draft.sender, asking);
            }
            if let Some(answering) = &draft.answering {
                head.questions.close(answering.question);
                ended_claim = Some(Write::Delete {
                    key: claim::key(answering.generation, answering.question),
                    version: answering.claim.clone(),
                });
            }
            let record = DedupRecord {
                seq,
                uuid: draft.uuid,
            };
            let key = keys::dedup(generation, &draft.dedup_key);
            writes.push(Write::insert(keys::message(generation, seq), &message)?);
            writes.push(Write::insert(key, &record)?);
            messages.push(message);
        }
        writes.insert(0, state.write_head(&head)?);
        writes.extend(ended_claim);
        let stored = Stored {
            generation,
            messages,
            overdue,
            unanswered,
        };
        Ok((writes, stored, head))
    }

    /// Answers the senders whose messages an earlier try stored, from the first known one on.
    /// Returns whether there was any.
    async fn answer_repeats(
        &mut self,
        state: &ConversationState,
        first: usize,
    ) -> Result<bool, StoreError> {
        let store = &*self.context.store;
        let found = dedup::find(store, self.conversation, state, &self.batch, first).await?;
        let any = !found.is_empty();
        let generation = state.head.generation;
        let overdue = state.head.questions.overdue(self.context.clock.now());
        // From the end, so that the positions of the others stay valid.
        for (index, message) in found.into_iter().rev() {
            let seq = message.seq;
            let was_sent = self.sent.contains(&Sent { generation, seq });
            let answer = Answer {
                unsent: state.head.is_unsent(seq) && !was_sent,
                unanswered: overdue.contains(&seq),
                posted: Posted {
                    message,
                    duplicate: true,
                    joined: None,
                    generation,
                },
            };
            self.answered.push((self.batch.remove(index), Ok(answer)));
        }
        Ok(any)
    }

    fn give_up(&mut self, cause: Option<&StoreError>) {
        if let Some(cause) = cause {
            tracing::error!(
                error = cause as &dyn std::error::Error,
                "failed to store {} messages in {}",
                self.batch.len(),
                self.conversation
            );
        }
        for pending in self.batch.drain(..) {
            let error = match (cause, &self.uncertain) {
                (_, Some(_)) => ConversationError::OutcomeUnknown(None),
                (Some(_), None) => ConversationError::Unavailable(
                    "the store does not answer; nothing was stored, try again",
                ),
                (None, None) => ConversationError::Unavailable(
                    "too many write here at once; nothing was stored, try again",
                ),
            };
            self.answered.push((pending, Err(error)));
        }
    }
}

/// The draft whose dedup record existed already. The head comes first, then pairs of message and
/// dedup record.
fn repeated(position: usize, batch: usize) -> Option<usize> {
    let is_dedup_record = position > 0 && position.is_multiple_of(2);
    is_dedup_record
        .then(|| position / 2 - 1)
        .filter(|index| *index < batch)
}
