//! Decides when what deleted conversations left behind is removed. With a queue, the queue's
//! trigger does it. Otherwise, and for what a crash left, this process does it a batch at a time
//! while it handles other calls: an app that nobody calls may be frozen at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tracing::Instrument;

use crate::conversation::attachments::Attachments;
use crate::conversation::garbage::Garbage;
use crate::conversation::outbox::{Order, Outbox};
use crate::conversation::sweep::{self, Swept};
use crate::store::Store;

/// How often the lists are read although nothing was deleted here: uploads expire, and other
/// instances may have been killed. In seconds.
const INTERVAL: i64 = 60 * 60;

/// Knows whether there may be something to remove. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Sweeper {
    outbox: Outbox,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// How often something was listed, and how much of that the last look covered. The first call
    /// after the start looks.
    asked: AtomicU64,
    done: AtomicU64,
    busy: AtomicBool,
    /// When the lists were last found to hold nothing to do, in seconds since 1970.
    last_done: AtomicI64,
}

impl Sweeper {
    pub fn new(outbox: Outbox) -> Self {
        Self {
            outbox,
            shared: Arc::new(Shared {
                asked: AtomicU64::new(1),
                done: AtomicU64::new(0),
                busy: AtomicBool::new(false),
                last_done: AtomicI64::new(0),
            }),
        }
    }

    /// Has listed garbage removed. It is out of sight already, so a failure does not fail the
    /// deletion.
    pub async fn schedule(&self, garbage: &Garbage) {
        let order = Order::Clear(garbage.clone());
        if !self.outbox.put(&order, Duration::ZERO).await {
            self.shared.asked.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Removes one batch beside the call that is being handled, unless one is on its way.
    pub fn sweep_in_background(
        &self,
        store: &Arc<dyn Store>,
        attachments: &Attachments,
        now: Timestamp,
    ) {
        let shared = &self.shared;
        let asked = shared.asked.load(Ordering::SeqCst);
        let is_covered = asked == shared.done.load(Ordering::SeqCst);
        let since = now.as_second() - shared.last_done.load(Ordering::SeqCst);
        if is_covered && since < INTERVAL || shared.busy.swap(true, Ordering::SeqCst) {
            return;
        }
        let (shared, store, attachments) = (shared.clone(), store.clone(), attachments.clone());
        let sweeping = async move {
            match sweep::step(&*store, &attachments, now).await {
                Ok(Swept::All | Swept::NotDeleted) => {
                    shared.done.store(asked, Ordering::SeqCst);
                    shared.last_done.store(now.as_second(), Ordering::SeqCst);
                }
                Ok(Swept::Some) => {}
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to remove what was deleted; the next call tries again"
                ),
            }
            shared.busy.store(false, Ordering::SeqCst);
        };
        tokio::spawn(sweeping.in_current_span());
    }
}
