//! When garbage of deleted conversations are cleared away: a batch at a time, while this
//! process handles other calls. An app that nobody calls may be frozen at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::conversation::garbage::{self, Garbage};
use crate::conversation::sweep::{self, Swept};
use crate::store::Store;

/// Knows whether there may be something to clear away. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Sweeper(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    /// How often something was put on the list, and how much of that the last look covered.
    asked: AtomicU64,
    done: AtomicU64,
    busy: AtomicBool,
}

impl Sweeper {
    /// Sees to it that garbage are cleared away: the one place to hand them to a queue. They are out of sight already, so a failure
    /// is no failure of what the caller does.
    pub async fn schedule(&self, store: &dyn Store, garbage: &Garbage) {
        if let Err(error) = garbage::note(store, garbage).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what is left of {} stays in the store until it is deleted again",
                garbage.conversation
            );
        }
        self.0.asked.fetch_add(1, Ordering::SeqCst);
    }

    /// Clears away one batch beside the call that is being handled, unless one is on its way.
    pub fn sweep_in_background(&self, store: &Arc<dyn Store>) {
        let shared = &self.0;
        let asked = shared.asked.load(Ordering::SeqCst);
        if asked == shared.done.load(Ordering::SeqCst) || shared.busy.swap(true, Ordering::SeqCst) {
            return;
        }
        let (shared, store) = (shared.clone(), store.clone());
        tokio::spawn(async move {
            match sweep::step(&*store).await {
                Ok(Swept::All) => shared.done.store(asked, Ordering::SeqCst),
                Ok(Swept::Some) => {}
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "garbage could not be cleared away; the next call tries again"
                ),
            }
            shared.busy.store(false, Ordering::SeqCst);
        });
    }
}
