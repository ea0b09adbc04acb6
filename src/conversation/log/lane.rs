//! The queue of one conversation in this instance, and the task that empties it.

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::{Instrument, Span};

use super::super::{Conversation, ConversationError};
use super::commit::Commit;
use super::context::Context;
use super::delivery::Delivery;
use super::memory::Memory;
use super::pending::{Pending, Sent};
use super::questions;
use crate::logging::trace::TARGET;
use crate::store::MAX_WRITES;

/// The head, two records for each message, and the claim of an answer.
const MAX_BATCH: usize = (MAX_WRITES - 2) / 2;
/// Bytes of text in one batch. Cosmos DB takes 2 MiB in one write, in which the escapes of a
/// record are escaped once more; every other store takes more.
const MAX_BATCH_BYTES: usize = 512 * 1024;
const MAX_WAITING: usize = 2000;
/// How long to wait before recording sent messages, so that the record can ride on the next
/// write.
const RECORD_DELAY: Duration = Duration::from_millis(500);
/// Give up recording after this: after ten seconds other instances resend.
const RECORD_TIMEOUT: Duration = Duration::from_secs(8);

const OVERLOADED: ConversationError = ConversationError::Unavailable(
    "too many messages wait for this conversation; nothing was stored, try again",
);

/// The lanes of all conversations that somebody posts in.
#[derive(Debug)]
pub(super) struct Lanes {
    pub(super) context: Context,
    open: Mutex<HashMap<Conversation, Arc<Lane>>>,
}

impl Lanes {
    pub(super) fn new(context: Context) -> Self {
        Self {
            context,
            open: Mutex::default(),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open().is_empty()
    }

    /// Opens the lane if there is none. No lane ends while `put` runs, so what it puts into the
    /// lane is seen.
    pub(super) fn with_lane<T>(
        self: &Arc<Self>,
        conversation: &Conversation,
        put: impl FnOnce(&Lane) -> T,
    ) -> T {
        let mut open = self.open();
        let lane = open.entry(conversation.clone()).or_insert_with(|| {
            let lane = Arc::new(Lane::new(conversation.clone()));
            tokio::spawn(lane.clone().run(self.clone()));
            lane
        });
        put(lane)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Conversation, Arc<Lane>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
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
    waiting: VecDeque<Pending>,
    /// Messages that were sent, and are not recorded so.
    sent: BTreeSet<Sent>,
    /// When the oldest of them was noted.
    sent_since: Option<Instant>,
}

impl Queue {
    fn note_sent(&mut self, sent: impl IntoIterator<Item = Sent>) {
        if self.sent.is_empty() {
            self.sent_since = Some(Instant::now());
        }
        self.sent.extend(sent);
    }

    fn record_due(&self) -> Option<Instant> {
        let since = self.sent_since.filter(|_| !self.sent.is_empty());
        since.map(|since| since + RECORD_DELAY)
    }
}

impl std::fmt::Debug for Queue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Queue({} waiting)", self.waiting.len())
    }
}

impl Lane {
    fn new(conversation: Conversation) -> Self {
        Self {
            conversation,
            queue: Mutex::default(),
            arrived: Notify::new(),
        }
    }

    pub(super) fn push(&self, pending: Pending) -> Result<(), ConversationError> {
        let mut queue = self.queue();
        if queue.waiting.len() >= MAX_WAITING {
            return Err(OVERLOADED);
        }
        queue.waiting.push_back(pending);
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

    /// Ends when no message waits and none is left to record.
    async fn run(self: Arc<Self>, lanes: Arc<Lanes>) {
        let context = &lanes.context;
        let mut memory = Memory::new(&context.interference);
        loop {
            let batch = self.next_batch();
            if !batch.is_empty() {
                let (batch_span, call) = (batch_span(&batch), only_call(&batch));
                let processing = self.process_batch(context, &mut memory, batch);
                processing.instrument(batch_span).instrument(call).await;
                // A batch that stored nothing recorded nothing either, and more such batches may
                // follow.
                let due = self.queue().record_due();
                if due.is_some_and(|due| due <= Instant::now()) {
                    self.record_sent(context, &mut memory).await;
                }
                continue;
            }
            let due = self.queue().record_due();
            if let Some(due) = due
                && !self.wait_for_next_message(context, due).await
            {
                self.record_sent(context, &mut memory).await;
            }
            let mut open = lanes.open();
            let queue = self.queue();
            if queue.waiting.is_empty() && queue.sent.is_empty() {
                open.remove(&self.conversation);
                break;
            }
        }
        context.draining.send_modify(|_| {});
    }

    /// Takes messages from the queue, but no two with the same dedup key: the second is answered
    /// once the first is stored.
    fn next_batch(&self) -> Vec<Pending> {
        let mut queue = self.queue();
        let mut batch: Vec<Pending> = Vec::new();
        let mut keys = HashSet::new();
        let mut later = VecDeque::new();
        let mut bytes = 0;
        let mut has_answer = false;
        while batch.len() < MAX_BATCH
            && let Some(pending) = queue.waiting.pop_front()
        {
            let size = pending.draft.encoded_size();
            if !batch.is_empty() && bytes + size > MAX_BATCH_BYTES {
                later.push_back(pending);
                break;
            }
            if pending.is_abandoned() {
                continue;
            }
            if pending.is_too_old() {
                pending.answer(Err(OVERLOADED));
                continue;
            }
            // An answer needs one more write, for which a batch has room once.
            let is_second_answer = has_answer && pending.draft.answering.is_some();
            if !is_second_answer && keys.insert(pending.draft.dedup_key.clone()) {
                has_answer |= pending.draft.answering.is_some();
                bytes += size;
                batch.push(pending);
            } else {
                later.push_back(pending);
            }
        }
        while let Some(pending) = later.pop_back() {
            queue.waiting.push_front(pending);
        }
        batch
    }

    async fn process_batch(&self, context: &Context, memory: &mut Memory, batch: Vec<Pending>) {
        let noted = self.queue().sent.clone();
        let result = Commit::new(context, &self.conversation, memory, batch, &noted)
            .run()
            .await;
        let mut joined = BTreeSet::new();
        if let Some(stored) = &result.stored {
            joined = self.join_senders(context, &result.senders).await;
            // The write that just succeeded has recorded these.
            self.queue().sent.retain(|sent| !noted.contains(sent));
            let delivery = Delivery::new(context, &self.conversation);
            let generation = stored.generation;
            let overdue = delivery.unsent_by_others(generation, &stored.overdue).await;
            let messages: Vec<_> = overdue.iter().chain(&stored.messages).collect();
            let asked = stored.messages.iter().filter(|message| message.asks);
            let asked = asked.map(|message| message.seq);
            let ((), (), sent) = tokio::join!(
                questions::queue(context, &self.conversation, generation, asked),
                questions::requeue(context, &self.conversation, generation, &stored.unanswered),
                delivery.send_all(&messages),
            );
            if sent.len() < messages.len() {
                delivery.leave_to_queue(generation).await;
            }
            let sent = sent.into_iter().map(|seq| Sent { generation, seq });
            self.queue().note_sent(sent);
        }
        if let Some((generation, unanswered)) = &result.refused_behind {
            questions::requeue(context, &self.conversation, *generation, unanswered).await;
        }
        result.answer(&joined);
    }

    /// Puts connections that asked for it into the group, before anything is sent to it.
    async fn join_senders(&self, context: &Context, senders: &[Pending]) -> BTreeSet<String> {
        let joins = senders.iter().filter_map(|p| p.draft.join.as_ref());
        let due = joins.filter(|join| join.due().is_some());
        let connections = due.map(|join| join.connection.as_str());
        let group = self.conversation.group();
        context.courier.join_group(&group, connections).await
    }

    /// Returns whether a message arrived whose write can record the sent ones.
    async fn wait_for_next_message(&self, context: &Context, until: Instant) -> bool {
        let mut draining = context.draining.subscribe();
        let drained = async {
            // An error means that no drain can come any more.
            let _ = draining.wait_for(|draining| *draining).await;
        };
        let message = async {
            while self.queue().waiting.is_empty() {
                self.arrived.notified().await;
            }
        };
        tokio::select! {
            () = drained => false,
            arrived = timeout_at(until, message) => arrived.is_ok(),
        }
    }

    /// Records the sent messages. If that fails they stay noted: no other instance knows that
    /// they were sent, and would send them again.
    async fn record_sent(&self, context: &Context, memory: &mut Memory) {
        let sent = std::mem::take(&mut self.queue().sent);
        let delivery = Delivery::new(context, &self.conversation);
        let deadline = Instant::now() + RECORD_TIMEOUT;
        for attempt in 0.. {
            match delivery.record_sent(&sent, memory).await {
                Ok(()) => return,
                Err(error) => tracing::debug!(
                    error = &error as &dyn std::error::Error,
                    "the sent messages of {} are not recorded yet",
                    self.conversation
                ),
            }
            if !self.queue().waiting.is_empty() || Instant::now() > deadline {
                break;
            }
            sleep(context.pause(attempt)).await;
        }
        self.queue().note_sent(sent);
    }
}

/// The call that log lines name. A batch of several calls belongs to none of them.
fn only_call(batch: &[Pending]) -> Span {
    match batch {
        [only] => only.call.clone(),
        _ => Span::none(),
    }
}

/// Several calls may share a batch: it belongs to the first one's trace, and names the others.
fn batch_span(batch: &[Pending]) -> Span {
    let span = tracing::debug_span!(
        target: TARGET,
        parent: batch.first().and_then(|first| first.call.id()),
        "process batch",
        messaging.batch.message_count = batch.len(),
    );
    for other in batch.iter().skip(1) {
        span.follows_from(&other.call);
    }
    span
}
