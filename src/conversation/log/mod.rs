//! Saying something: it is stored once, under the next number, and sent to everyone.
//!
//! What one instance is asked to store in one conversation at the same time goes into one write.
//! So each conversation that somebody speaks in has a lane: a queue and a task that empties it.
//! Writers in other instances are met at the store, where only one can move the head on.

mod broadcast;
mod doubt;
mod lane;
mod repeats;
mod write;

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{oneshot, watch};
use tokio::time::sleep;

use super::message::{Draft, Message};
use super::{Conversation, ConversationError, ConversationState};
use crate::azure::courier::Courier;
use crate::clock::{Clock, Ids};
use crate::store::Store;
use lane::{Lane, Sent, Waiting};

pub use broadcast::frame;

/// Who retries a message waits this long for word that it went out, before sending it again.
const WORD: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Whether something may be said, decided from the guard as it is at that moment, which may also
/// know the speaker's name.
pub type Permit =
    Box<dyn Fn(&ConversationState, &mut Draft) -> Result<(), ConversationError> + Send + Sync>;

/// Something to do once a message is stored, before it is sent.
pub type Hook = BoxFuture<'static, ()>;

/// A message that is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    pub message: Message,
    /// It was stored before, by an earlier try.
    pub duplicate: bool,
}

/// What a lane answers.
#[derive(Debug)]
struct Outcome {
    appended: Appended,
    generation: u64,
    /// An earlier try stored it, and there is no word that it went out.
    unsent: bool,
}

/// Stores messages and sends them on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MessageLog(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    store: Arc<dyn Store>,
    courier: Courier,
    clock: Clock,
    ids: Ids,
    lanes: Mutex<HashMap<Conversation, Arc<Lane>>>,
    lost_races: AtomicU64,
    draining: watch::Sender<bool>,
}

impl MessageLog {
    pub fn new(store: Arc<dyn Store>, courier: Courier, clock: Clock, ids: Ids) -> Self {
        Self(Arc::new(Shared {
            store,
            courier,
            clock,
            ids,
            lanes: Mutex::default(),
            lost_races: AtomicU64::new(0),
            draining: watch::Sender::new(false),
        }))
    }

    /// Stores a message and sends it. Stored is stored: the answer is the same if sending it
    /// fails, which is made up for later.
    pub async fn append(
        &self,
        conversation: &Conversation,
        draft: Draft,
        permit: Permit,
        once_stored: Option<Hook>,
    ) -> Result<Appended, ConversationError> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting::new(draft, permit, once_stored, answer);
        self.in_lane(conversation, |lane| lane.push(waiting))?;
        let outcome = answered
            .await
            .map_err(|_| ConversationError::OutcomeUnknown(None))??;
        if outcome.unsent {
            self.make_up_for(conversation, outcome.generation, &outcome.appended.message)
                .await;
        }
        Ok(outcome.appended)
    }

    /// How often another writer came first, since the start.
    pub fn lost_races(&self) -> u64 {
        self.0.lost_races.load(Ordering::Relaxed)
    }

    /// Records at once what was sent, and returns when all of it is recorded or given up.
    pub async fn drain(&self) {
        let mut emptied = self.0.draining.subscribe();
        let _ = self.0.draining.send(true);
        while !self.0.lanes().is_empty() {
            // A lane that ends says so.
            if emptied.changed().await.is_err() {
                return;
            }
        }
    }

    /// The first try's sender may still be at it. If there is no word from it for a while, it is
    /// gone, and the message goes out from here.
    async fn make_up_for(&self, conversation: &Conversation, generation: u64, message: &Message) {
        for _ in 0..(WORD.as_millis() / LOOK_AGAIN.as_millis()) {
            match ConversationState::read(&*self.0.store, conversation).await {
                Ok(top) if top.head.generation != generation => return,
                Ok(top) if !top.head.is_unsent(message.seq) => return,
                Ok(_) => sleep(LOOK_AGAIN).await,
                // It is stored all the same; whoever speaks next sends it.
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the store failed");
                    return;
                }
            }
        }
        if self.0.send(conversation, message).await {
            let seq = message.seq;
            self.in_lane(conversation, |lane| {
                lane.note_sent(Sent { generation, seq })
            });
        }
    }

    /// While the lanes are locked none can end, so what is put into one is seen.
    fn in_lane<T>(&self, conversation: &Conversation, put: impl FnOnce(&Lane) -> T) -> T {
        let mut lanes = self.0.lanes();
        let lane = lanes.entry(conversation.clone()).or_insert_with(|| {
            let lane = Arc::new(Lane::new(conversation.clone()));
            tokio::spawn(lane.clone().run(self.0.clone()));
            lane
        });
        put(lane)
    }
}

impl Shared {
    fn lanes(&self) -> MutexGuard<'_, HashMap<Conversation, Arc<Lane>>> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
