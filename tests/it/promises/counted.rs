use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use switchboard::store::{Key, Partition, Record, Store, StoreError, Write, WriteError};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::support::World;

/// Long enough for a busy machine; nothing is measured by it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A write of the head alone: that broadcasts went out.
const RECORD: &str = "write head";

/// Notes every call to the store that it stands before, as who asks for what.
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

    /// A world on such a store.
    pub(super) async fn world() -> (World, Arc<Self>) {
        let mut counted = None;
        let world = World::around(&[], |store| {
            counted.insert(Arc::new(Self::new(store))).clone()
        });
        let world = world.await;
        (world, counted.unwrap())
    }

    /// All calls so far, and from now on anew.
    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.send_replace(Vec::new())
    }

    /// Waits until it is recorded so many times that something went out.
    pub(super) async fn settled(&self, times: usize) {
        let mut calls = self.calls.subscribe();
        let settled = |calls: &Vec<String>| calls.iter().filter(|c| *c == RECORD).count() >= times;
        let waiting = calls.wait_for(settled);
        timeout(TIMEOUT, waiting).await.expect("never").unwrap();
    }

    /// The list of deletions is read beside some calls and delays none of them.
    fn note(&self, partition: &Partition, call: String) {
        if ["leftovers", "uploads"].contains(&partition.name()) {
            return;
        }
        self.calls.send_modify(|calls| calls.push(call));
    }
}

#[async_trait]
impl Store for Counted {
    async fn get(&self, partition: &Partition, key: &Key) -> Result<Option<Record>, StoreError> {
        self.note(partition, format!("read {}", kind(key)));
        self.store.get(partition, key).await
    }

    async fn range(
        &self,
        partition: &Partition,
        keys: Range<Key>,
        limit: usize,
    ) -> Result<Vec<Record>, StoreError> {
        self.note(partition, format!("read {}", kind(&keys.start)));
        self.store.range(partition, keys, limit).await
    }

    async fn write(&self, partition: &Partition, writes: Vec<Write>) -> Result<(), WriteError> {
        let kinds: Vec<_> = writes.iter().map(|write| kind(write.key())).collect();
        let call = format!("write {}", kinds.join(" "));
        let written = self.store.write(partition, writes).await;
        self.note(partition, call);
        written
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.store.check().await
    }
}

fn kind(key: &Key) -> &str {
    match key.as_str() {
        "a:" => "top",
        "a:head" => "head",
        other if other.starts_with("m:") => "message",
        other if other.starts_with("id:") => "id",
        other => other,
    }
}
