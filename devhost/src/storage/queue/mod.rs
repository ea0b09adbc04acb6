//! Queues: in memory, and in a journal from which they come back.

mod change;
mod journal;
mod rest;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

use change::{Change, Message, State};
use journal::Journal;
pub(super) use rest::{LARGEST_BODY, answer};

use super::StorageError;
use super::fault::Fault;
use crate::clock;

type Metadata = BTreeMap<String, String>;

/// Every queue of an account.
#[derive(Debug)]
pub(super) struct Queues(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    journal: Journal,
}

/// Whether a queue is new, or was already there just so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Created {
    Now,
    Before,
}

impl Queues {
    pub(super) fn open(file: PathBuf) -> Result<Self, StorageError> {
        let (state, journal) = Journal::open(file)?;
        Ok(Self(Mutex::new(Inner { state, journal })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn names(&self) -> Vec<String> {
        self.inner().state.queues.keys().cloned().collect()
    }

    fn create(&self, queue: &str, metadata: Metadata) -> Result<Created, Fault> {
        let mut inner = self.inner();
        match inner.state.queues.get(queue) {
            Some(there) if there.metadata == metadata => Ok(Created::Before),
            Some(_) => Err(Fault::QueueExists),
            None => inner
                .make(Change::queue(queue, metadata))
                .map(|()| Created::Now),
        }
    }

    fn describe(&self, queue: &str, metadata: Metadata) -> Result<(), Fault> {
        let mut inner = self.inner();
        inner.state.queue(queue)?;
        inner.make(Change::queue(queue, metadata))
    }

    fn remove(&self, queue: &str) -> Result<(), Fault> {
        let mut inner = self.inner();
        inner.state.queue(queue)?;
        inner.make(Change::NoQueue(queue.to_owned()))
    }

    fn clear(&self, queue: &str) -> Result<(), Fault> {
        let mut inner = self.inner();
        inner.state.queue(queue)?;
        inner.make(Change::NoMessages(queue.to_owned()))
    }

    /// The metadata, and how many messages there are, hidden ones too.
    fn description(&self, queue: &str) -> Result<(Metadata, usize), Fault> {
        let (inner, now) = (self.inner(), clock::now());
        let queue = inner.state.queue(queue)?;
        let living = queue.messages.values().filter(|one| one.expires > now);
        Ok((queue.metadata.clone(), living.count()))
    }

    fn put(
        &self,
        queue: &str,
        text: String,
        hidden_for: Duration,
        lives_for: Option<Duration>,
    ) -> Result<Message, Fault> {
        let (mut inner, now) = (self.inner(), clock::now());
        inner.state.queue(queue)?;
        let message = Message {
            place: inner.state.next_place(),
            id: clock::new_id(),
            receipt: clock::new_id(),
            text,
            inserted: now,
            expires: lives_for.map_or(Timestamp::MAX, |time| now + time),
            visible: now + hidden_for,
            dequeue_count: 0,
        };
        inner.make(Change::message(queue, &message))?;
        Ok(message)
    }

    /// Takes visible messages, oldest first, and hides them for a time.
    fn take(&self, queue: &str, count: usize, hidden_for: Duration) -> Result<Vec<Message>, Fault> {
        let (mut inner, now) = (self.inner(), clock::now());
        inner.forget_expired(queue, now)?;
        let mut taken = inner.state.queue(queue)?.visible(now, count);
        for message in &mut taken {
            message.receipt = clock::new_id();
            message.visible = now + hidden_for;
            message.dequeue_count += 1;
            inner.make(Change::message(queue, message))?;
        }
        Ok(taken)
    }

    fn peek(&self, queue: &str, count: usize) -> Result<Vec<Message>, Fault> {
        Ok(self
            .inner()
            .state
            .queue(queue)?
            .visible(clock::now(), count))
    }

    /// Hides a message anew, and gives it another text if there is one.
    fn update(
        &self,
        queue: &str,
        id: &str,
        receipt: &str,
        hidden_for: Duration,
        text: Option<String>,
    ) -> Result<Message, Fault> {
        let (mut inner, now) = (self.inner(), clock::now());
        let mut message = inner.state.queue(queue)?.held(id, receipt, now)?.clone();
        message.receipt = clock::new_id();
        message.visible = now + hidden_for;
        message.text = text.unwrap_or(message.text);
        inner.make(Change::message(queue, &message))?;
        Ok(message)
    }

    fn delete(&self, queue: &str, id: &str, receipt: &str) -> Result<(), Fault> {
        let mut inner = self.inner();
        let state = inner.state.queue(queue)?;
        let place = state.held(id, receipt, clock::now())?.place;
        inner.make(Change::NoMessage(queue.to_owned(), place))
    }
}

impl Inner {
    /// Written down first: what a caller was told has to be there after a crash.
    fn make(&mut self, change: Change) -> Result<(), Fault> {
        if let Err(error) = self.journal.append(&change) {
            // Half a line may have been written; the next one must not be added to it.
            self.journal.rewrite(&self.state)?;
            return Err(error.into());
        }
        self.state.apply(change);
        self.journal.shorten(&self.state)?;
        Ok(())
    }

    fn forget_expired(&mut self, queue: &str, now: Timestamp) -> Result<(), Fault> {
        let messages = self.state.queue(queue)?.messages.values();
        let expired: Vec<u64> = messages
            .filter(|message| message.expires <= now)
            .map(|message| message.place)
            .collect();
        for place in expired {
            self.make(Change::NoMessage(queue.to_owned(), place))?;
        }
        Ok(())
    }
}

/// An id as a caller wrote it.
fn is(id: Uuid, text: &str) -> bool {
    text.parse() == Ok(id)
}
