//! A store that records the calls it passes on.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use switchboard::config::Listen;
use switchboard::store::{Key, Partition, Record, Store, StoreError, Write, WriteError, Written};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::support::World;

/// Long enough for a busy machine; no test measures time with it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A write of the head alone, which records sent broadcasts.
const SENT_RECORD: &str = "write head";

/// Wraps a store and records each call as a verb and the kinds of records.
#[derive(Debug)]
pub(super) struct Counted {
    store: Arc<dyn Store>,
    calls: watch::Sender<Vec<String>>,
}

impl Counted {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            calls: watch::Sender::default(),
        }
    }

    /// Starts a world whose store is counted.
    pub(super) async fn world() -> (World, Arc<Self>) {
        Self::world_with(&[], Listen::Unset).await
    }

    pub(super) async fn world_with(
        settings: &[(&str, &str)],
        listen: Listen,
    ) -> (World, Arc<Self>) {
        let mut counted = None;
        let world = World::build(settings, listen, |store| {
            counted.insert(Arc::new(Self::new(store))).clone()
        });
        let world = world.await;
        (world, counted.unwrap())
    }

    /// Returns the calls since the last time, and forgets them.
    pub(super) fn take_calls(&self) -> Vec<String> {
        self.calls.send_replace(Vec::new())
    }

    /// The calls since the last time.
    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }

    /// Waits until the store has seen this many writes that record deliveries.
    pub(super) async fn wait_for_sent_records(&self, times: usize) {
        let mut calls = self.calls.subscribe();
        let is_reached =
            |calls: &Vec<String>| calls.iter().filter(|c| *c == SENT_RECORD).count() >= times;
        let waiting = calls.wait_for(is_reached);
        timeout(TIMEOUT, waiting)
            .await
            .expect("too few records of deliveries")
            .unwrap();
    }

    /// The list of deletions is read beside some calls and delays none of them.
    fn add(&self, partition: &Partition, call: String) {
        if ["leftovers", "uploads"].contains(&partition.name()) {
            return;
        }
        self.calls.send_modify(|calls| calls.push(call));
    }
}

#[async_trait]
impl Store for Counted {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        self.add(partition, format!("read {}", kind(key)));
        self.store.get(partition, key).await
    }

    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.add(partition, format!("read {}", kind(&keys.start)));
        self.store.range(partition, keys, limit).await
    }

    async fn commit(
        &self,
        partition: &Partition,
        writes: Vec<Write>,
    ) -> Result<Written, WriteError> {
        let kinds: Vec<_> = writes.iter().map(|write| kind(write.key())).collect();
        let call = format!("write {}", kinds.join(" "));
        let written = self.store.commit(partition, writes).await;
        self.add(partition, call);
        written
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }
}

fn kind(key: &Key) -> &str {
    match key.as_str() {
        "a:" => "state",
        "a:head" => "head",
        other if other.starts_with("m:") => "message",
        other if other.starts_with("id:") => "id",
        other if other.starts_with("n:") => "notification",
        other if other.starts_with("u:") => "unread",
        other if other.starts_with("ask:") => "claim",
        other => other,
    }
}
