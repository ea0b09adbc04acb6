//! What can be done with the queues of an account.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;

use super::journal::Journal;
use super::state::{Change, Message, Metadata, State};
use crate::clock;
use crate::open_error::OpenError;
use crate::service_error::ServiceError;

/// All queues of an account.
#[derive(Debug)]
pub(crate) struct Queues(Mutex<Inner>);

#[derive(Debug)]
struct Inner {
    state: State,
    journal: Journal,
}

/// Whether a queue is new, or existed with the same metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Created {
    New,
    Existing,
}

impl Queues {
    pub(crate) fn open(file: PathBuf) -> Result<Self, OpenError> {
        let (state, journal) = Journal::open(file)?;
        Ok(Self(Mutex::new(Inner { state, journal })))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.inner().state.queues.keys().cloned().collect()
    }

    pub(super) fn create(&self, queue: &str, metadata: Metadata) -> Result<Created, ServiceError> {
        let mut inner = self.inner();
        match inner.state.queues.get(queue) {
            Some(queue) if queue.metadata == metadata => Ok(Created::Existing),
            Some(_) => Err(ServiceError::QueueExists),
            None => inner
                .commit(Change::queue(queue, metadata))
                .map(|()| Created::New),
        }
    }

    pub(super) fn set_metadata(&self, queue: &str, metadata: Metadata) -> Result<(), ServiceError> {
        let mut inner = self.inner();
        inner.state.queue(queue)?;
        inner.commit(Change::queue(queue, metadata))
    }

    pub(super) fn delete(&self, queue: &str) -> Result<(), ServiceError> {
        let mut inner = self.inner();
        inner.state.queue(queue)?;
        inner.commit(Change::NoQueue(queue.to_owned()))
    }

    pub(super) fn clear(&self, queue: &str) -> Result<(), ServiceError> {
        let mut inner = self.inner();
        inner.state.queue(queue)?;
        inner.commit(Change::NoMessages(queue.to_owned()))
    }

    /// The metadata, and the number of messages, including hidden ones.
    pub(super) fn metadata(&self, queue: &str) -> Result<(Metadata, usize), ServiceError> {
        let (inner, now) = (self.inner(), clock::now());
        let queue = inner.state.queue(queue)?;
        let unexpired = queue.messages.values().filter(|one| one.expires > now);
        Ok((queue.metadata.clone(), unexpired.count()))
    }

    pub(super) fn put(
        &self,
        queue: &str,
        text: String,
        hidden_for: Duration,
        lives_for: Option<Duration>,
    ) -> Result<Message, ServiceError> {
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
        inner.commit(Change::message(queue, &message))?;
        Ok(message)
    }

    /// Gets visible messages, oldest first, and hides them for a time.
    pub(super) fn get(
        &self,
        queue: &str,
        count: usize,
        hidden_for: Duration,
    ) -> Result<Vec<Message>, ServiceError> {
        let (mut inner, now) = (self.inner(), clock::now());
        inner.delete_expired(queue, now)?;
        let mut messages = inner.state.queue(queue)?.visible(now, count);
        for message in &mut messages {
            message.receipt = clock::new_id();
            message.visible = now + hidden_for;
            message.dequeue_count += 1;
            inner.commit(Change::message(queue, message))?;
        }
        Ok(messages)
    }

    pub(super) fn peek(&self, queue: &str, count: usize) -> Result<Vec<Message>, ServiceError> {
        Ok(self
            .inner()
            .state
            .queue(queue)?
            .visible(clock::now(), count))
    }

    /// Sets how long the message stays hidden and, if one is given, its text.
    pub(super) fn update(
        &self,
        queue: &str,
        id: &str,
        receipt: &str,
        hidden_for: Duration,
        text: Option<String>,
    ) -> Result<Message, ServiceError> {
        let (mut inner, now) = (self.inner(), clock::now());
        let mut message = inner.state.queue(queue)?.message(id, receipt, now)?.clone();
        message.receipt = clock::new_id();
        message.visible = now + hidden_for;
        message.text = text.unwrap_or(message.text);
        inner.commit(Change::message(queue, &message))?;
        Ok(message)
    }

    pub(super) fn delete_message(
        &self,
        queue: &str,
        id: &str,
        receipt: &str,
    ) -> Result<(), ServiceError> {
        let mut inner = self.inner();
        let state = inner.state.queue(queue)?;
        let place = state.message(id, receipt, clock::now())?.place;
        inner.commit(Change::NoMessage(queue.to_owned(), place))
    }
}

impl Inner {
    /// Writes to the journal first, so that a confirmed change survives a crash.
    fn commit(&mut self, change: Change) -> Result<(), ServiceError> {
        if let Err(error) = self.journal.append(&change) {
            // Half a line may be in the file, and the next one must not continue it.
            self.journal.compact(&self.state)?;
            return Err(error.into());
        }
        self.state.apply(change);
        self.journal.compact_if_long(&self.state)?;
        Ok(())
    }

    fn delete_expired(&mut self, queue: &str, now: Timestamp) -> Result<(), ServiceError> {
        let messages = self.state.queue(queue)?.messages.values();
        let expired: Vec<u64> = messages
            .filter(|message| message.expires <= now)
            .map(|message| message.place)
            .collect();
        for place in expired {
            self.commit(Change::NoMessage(queue.to_owned(), place))?;
        }
        Ok(())
    }
}
