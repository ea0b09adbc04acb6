//! A store that keeps back the result of one call, so that something else happens in between.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use switchboard::config::Listen;
use switchboard::store::{Key, Partition, Record, Store, StoreError, Write, WriteError, Written};
use tokio::sync::watch;

use super::World;

/// What the next held call is, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hold {
    None,
    NextRead,
    NextWrite,
    Held,
    /// Every read of several records fails.
    Broken,
}

/// Makes one call about a conversation's guard and head, or one write of a notification, and keeps
/// its result back until the test releases it.
#[derive(Debug)]
pub(crate) struct HoldingStore {
    store: Arc<dyn Store>,
    hold: watch::Sender<Hold>,
}

impl HoldingStore {
    pub(crate) async fn world() -> (World, Arc<Self>) {
        Self::started_by(Listen::Unset).await
    }

    pub(crate) async fn started_by(listen: Listen) -> (World, Arc<Self>) {
        let mut holding = None;
        let world = World::build(&[], listen, |store| {
            holding.insert(Self::around(store)).clone()
        });
        (world.await, holding.unwrap())
    }

    pub(crate) fn around(store: Arc<dyn Store>) -> Arc<Self> {
        let hold = watch::Sender::new(Hold::None);
        Arc::new(Self { store, hold })
    }

    pub(crate) fn hold(&self, next: Hold) {
        self.hold.send_replace(next);
    }

    pub(crate) async fn held(&self) {
        let mut hold = self.hold.subscribe();
        hold.wait_for(|hold| *hold == Hold::Held).await.unwrap();
    }

    pub(crate) fn release(&self) {
        self.hold.send_replace(Hold::None);
    }

    async fn hold_if(&self, kind: Hold) {
        let is_held = self.hold.send_if_modified(|hold| {
            let is_next = *hold == kind;
            if is_next {
                *hold = Hold::Held;
            }
            is_next
        });
        if is_held {
            let mut hold = self.hold.subscribe();
            hold.wait_for(|hold| *hold != Hold::Held).await.unwrap();
        }
    }
}

#[async_trait]
impl Store for HoldingStore {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        self.store.get(partition, key).await
    }

    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        if *self.hold.borrow() == Hold::Broken {
            return Err(StoreError::TooLong);
        }
        let is_guard = keys.start.as_str() == "a:";
        let records = self.store.range(partition, keys, limit).await;
        if is_guard {
            self.hold_if(Hold::NextRead).await;
        }
        records
    }

    async fn commit(
        &self,
        partition: &Partition,
        writes: Vec<Write>,
    ) -> Result<Written, WriteError> {
        let can_hold = |key: &str| key.starts_with("a:") || key.starts_with("n:");
        let is_held = writes.iter().any(|write| can_hold(write.key().as_str()));
        let written = self.store.commit(partition, writes).await;
        if is_held {
            self.hold_if(Hold::NextWrite).await;
        }
        written
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }
}
