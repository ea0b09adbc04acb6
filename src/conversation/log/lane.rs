//! One conversation's queue in this instance, and the task that empties it.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::super::head::Head;
use super::super::message::Draft;
use super::super::{Conversation, ConversationError, ConversationState};
use super::write::LONGEST;
use super::{Hook, Outcome, Permit, Shared};
use crate::store::{MAX_WRITES, WriteError};

/// Head, and two records for each message.
const MAX_AT_ONCE: usize = (MAX_WRITES - 1) / 2;
/// Whoever comes when so many wait is told to come again.
const MAX_WAITING: usize = 2000;
/// How long word of what was sent may wait for a write to travel with.
const SETTLE: Duration = Duration::from_millis(500);
/// How long recording it may go on being tried: others send it again after ten seconds.
const MAX_SETTLING: Duration = Duration::from_secs(8);
const MAX_HOOK: Duration = Duration::from_secs(5);

/// Somebody who waits for a message to be stored and sent.
pub(super) struct Waiting {
    pub(super) draft: Draft,
    pub(super) permit: Permit,
    /// Runs between storing and sending. Locked only to be `Sync`: one at a time has it anyway.
    once_stored: Mutex<Option<Hook>>,
    answer: oneshot::Sender<Result<Outcome, ConversationError>>,
    since: Instant,
}

impl Waiting {
    pub(super) fn new(
        draft: Draft,
        permit: Permit,
        once_stored: Option<Hook>,
        answer: oneshot::Sender<Result<Outcome, ConversationError>>,
    ) -> Self {
        Self {
            draft,
            permit,
            once_stored: Mutex::new(once_stored),
            answer,
            since: Instant::now(),
        }
    }

    /// Whoever has gone hears nothing, and misses nothing: a retry is answered alike.
    pub(super) fn answer(self, outcome: Result<Outcome, ConversationError>) {
        let _ = self.answer.send(outcome);
    }

    fn has_gone(&self) -> bool {
        self.answer.is_closed()
    }

    /// Behind a slow store a queue may take longer than anybody waits for an answer.
    fn has_waited_too_long(&self) -> bool {
        self.since.elapsed() > LONGEST
    }
}

#[derive(Debug)]
pub(super) struct Lane {
    conversation: Conversation,
    queue: Mutex<Queue>,
    arrived: Notify,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    /// What went out and is not recorded so.
    sent: BTreeSet<Sent>,
    /// When the oldest of it was noted.
    sent_since: Option<Instant>,
}

impl Queue {
    fn note_sent(&mut self, sent: impl IntoIterator<Item = Sent>) {
        if self.sent.is_empty() {
            self.sent_since = Some(Instant::now());
        }
        self.sent.extend(sent);
    }

    /// When it must be recorded, whoever comes.
    fn settles_at(&self) -> Option<Instant> {
        let since = self.sent_since.filter(|_| !self.sent.is_empty());
        since.map(|since| since + SETTLE)
    }
}

/// A message that went out. Of a room that was deleted since, nothing is recorded any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Sent {
    pub(super) generation: u64,
    pub(super) seq: u64,
}

impl Sent {
    /// Whether that was news.
    pub(super) fn mark_in(self, head: &mut Head) -> bool {
        self.generation == head.generation && head.mark_sent(self.seq)
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Queue({} waiting)", self.waiting.len())
    }
}

impl Lane {
    pub(super) fn new(conversation: Conversation) -> Self {
        Self {
            conversation,
            queue: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    pub(super) fn push(&self, waiting: Waiting) -> Result<(), ConversationError> {
        let mut queue = self.queue();
        if queue.waiting.len() >= MAX_WAITING {
            return Err(ConversationError::Unavailable(
                "too many messages wait for this conversation; nothing was stored, try again",
            ));
        }
        queue.waiting.push_back(waiting);
        self.arrived.notify_one();
        Ok(())
    }

    pub(super) fn note_sent(&self, sent: Sent) {
        self.queue().note_sent([sent]);
        self.arrived.notify_one();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when nothing waits and nothing is left to record.
    pub(super) async fn run(self: Arc<Self>, shared: Arc<Shared>) {
        loop {
            let batch = self.next_batch();
            if !batch.is_empty() {
                self.carry_out(&shared, batch).await;
                // A batch that stored nothing took no word along, and others like it may follow
                // without end.
                let due = self.queue().settles_at();
                if due.is_some_and(|due| due <= Instant::now()) {
                    self.settle(&shared).await;
                }
                continue;
            }
            let due = self.queue().settles_at();
            if let Some(due) = due
                && !self.wait_for_company(&shared, due).await
            {
                self.settle(&shared).await;
            }
            let mut lanes = shared.lanes();
            let queue = self.queue();
            if queue.waiting.is_empty() && queue.sent.is_empty() {
                lanes.remove(&self.conversation);
                break;
            }
        }
        // Whoever drains looks again.
        shared.draining.send_modify(|_| {});
    }

    /// Those who wait, but no two with the same id: the second is answered once the first is stored.
    fn next_batch(&self) -> Vec<Waiting> {
        let mut queue = self.queue();
        let mut batch: Vec<Waiting> = Vec::new();
        let mut markers = HashSet::new();
        let mut later = VecDeque::new();
        while batch.len() < MAX_AT_ONCE
            && let Some(waiting) = queue.waiting.pop_front()
        {
            if waiting.has_gone() {
                continue;
            }
            if waiting.has_waited_too_long() {
                waiting.answer(Err(ConversationError::Unavailable(
                    "too many messages wait for this conversation; nothing was stored, try again",
                )));
                continue;
            }
            if markers.insert(waiting.draft.marker.clone()) {
                batch.push(waiting);
            } else {
                later.push_back(waiting);
            }
        }
        while let Some(waiting) = later.pop_back() {
            queue.waiting.push_front(waiting);
        }
        batch
    }

    async fn carry_out(&self, shared: &Shared, batch: Vec<Waiting>) {
        let noted = self.queue().sent.clone();
        let mut written = shared.write(&self.conversation, batch, &noted).await;
        let mut sent: Vec<Sent> = Vec::new();
        if let Some(stored) = &mut written.stored {
            let hooks = stored.waiting.iter_mut().filter_map(|(waiting, _)| {
                let hook = waiting.once_stored.get_mut();
                hook.unwrap_or_else(PoisonError::into_inner).take()
            });
            if timeout(MAX_HOOK, join_all(hooks)).await.is_err() {
                tracing::warn!(
                    "some senders in {} could not join it in time",
                    self.conversation
                );
            }
            // They are in the head that was just written.
            self.queue().sent.retain(|sent| !noted.contains(sent));
            let leftovers = shared
                .leftovers(&self.conversation, stored.generation, &stored.overdue)
                .await;
            let fresh = stored.waiting.iter().map(|(_, message)| message);
            let messages: Vec<_> = leftovers.iter().chain(fresh).collect();
            sent = shared
                .send_all(&self.conversation, &messages)
                .await
                .into_iter()
                .map(|seq| Sent {
                    generation: stored.generation,
                    seq,
                })
                .collect();
        }
        self.queue().note_sent(sent);
        written.answer();
    }

    /// Whether something arrived that word of what was sent can travel with.
    async fn wait_for_company(&self, shared: &Shared, until: Instant) -> bool {
        let mut draining = shared.draining.subscribe();
        let drained = async {
            // An error means that nobody is left who could drain.
            let _ = draining.wait_for(|draining| *draining).await;
        };
        let company = async {
            while self.queue().waiting.is_empty() {
                self.arrived.notified().await;
            }
        };
        tokio::select! {
            () = drained => false,
            arrived = timeout_at(until, company) => arrived.is_ok(),
        }
    }

    /// Records what was sent. What cannot be recorded now is kept for later: nobody else knows
    /// of it, and would send it again.
    async fn settle(&self, shared: &Shared) {
        let sent = std::mem::take(&mut self.queue().sent);
        let deadline = Instant::now() + MAX_SETTLING;
        for attempt in 0.. {
            match self.record(shared, &sent).await {
                Ok(()) => return,
                Err(error) => tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "what was sent in {} is not recorded yet",
                    self.conversation
                ),
            }
            if !self.queue().waiting.is_empty() || Instant::now() > deadline {
                break;
            }
            sleep(shared.pause(attempt)).await;
        }
        self.queue().note_sent(sent);
    }

    async fn record(&self, shared: &Shared, sent: &BTreeSet<Sent>) -> Result<(), WriteError> {
        let top = ConversationState::read(&*shared.store, &self.conversation).await;
        let top = top.map_err(WriteError::NotDone)?;
        let mut head = top.head.clone();
        let news = sent.iter().filter(|sent| sent.mark_in(&mut head)).count();
        if news == 0 {
            return Ok(());
        }
        let write = top.write_head(&head)?;
        let partition = self.conversation.partition();
        let written = shared.store.write(&partition, vec![write]).await;
        if let Err(WriteError::Conflict { .. }) = &written {
            shared.count_lost_race();
        }
        written
    }
}
