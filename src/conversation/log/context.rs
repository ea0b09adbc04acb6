//! What all lanes share.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::watch;

use super::memory::Interference;
use crate::azure::courier::Courier;
use crate::clock::{Clock, Ids, Jitter};
use crate::conversation::outbox::Outbox;
use crate::store::Store;

/// How long a batch may be retried. The Functions host waits much longer.
pub(super) const COMMIT_TIMEOUT: Duration = Duration::from_secs(8);
const MIN_PAUSE: Duration = Duration::from_millis(4);
const MAX_PAUSE: Duration = Duration::from_millis(250);

#[derive(Debug)]
pub(super) struct Context {
    pub(super) store: Arc<dyn Store>,
    pub(super) courier: Courier,
    pub(super) outbox: Outbox,
    pub(super) clock: Clock,
    /// How many messages of one conversation may be under way to the service at once.
    pub(super) broadcast_window: usize,
    jitter: Jitter,
    pub(super) lost_races: AtomicU64,
    pub(super) interference: Arc<Interference>,
    /// Becomes `true` when the process is about to end. Each lane that ends touches it.
    pub(super) draining: watch::Sender<bool>,
}

impl Context {
    pub(super) fn new(
        store: Arc<dyn Store>,
        courier: Courier,
        outbox: Outbox,
        clock: Clock,
        ids: Ids,
        broadcast_window: usize,
    ) -> Self {
        Self {
            store,
            courier,
            outbox,
            clock,
            broadcast_window,
            jitter: Jitter::new(ids),
            lost_races: AtomicU64::new(0),
            interference: Arc::default(),
            draining: watch::Sender::new(false),
        }
    }

    pub(super) fn count_lost_race(&self) {
        self.lost_races.fetch_add(1, Ordering::Relaxed);
    }

    /// Grows with every attempt, and differs between instances, so that two writers who collided
    /// do not collide again.
    pub(super) fn pause(&self, attempt: u32) -> Duration {
        let longest = (MIN_PAUSE * 2_u32.saturating_pow(attempt.min(8))).min(MAX_PAUSE);
        self.jitter.between(Duration::ZERO, longest)
    }
}
