//! What is remembered of a key: a record that is claimed before the work, and holds its answer
//! afterwards.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::{Idempotency, IdempotencyKey};
use crate::conversation::keys::{hash, hash_bytes};
use crate::store::{Collection, Key, Partition, Record, Store, Write, WriteError};

/// How long a repeat is recognised.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24);
/// Whoever claims a key has this long; then it died, and a repeat may take over.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
/// How long a repeat waits for the call that is at it.
const TIMEOUT: Duration = Duration::from_secs(5);
const LOOK_AGAIN: Duration = Duration::from_millis(150);
/// A few partitions for all callers, so that whoever comes clears up after all of them.
const PARTITIONS: u8 = 8;
/// Every so many new keys, of how many neighbours those that are over are removed. That is more
/// than come in, so what is left lying stays few.
const SWEEP_EVERY: u8 = 8;
const SWEEP: usize = 50;

#[derive(Debug, Serialize, Deserialize)]
struct Processed {
    /// Stands for the body. Another one under this key is another intention.
    request: String,
    /// From which what is created gets its own.
    id: Uuid,
    began_at: Timestamp,
    stage: Stage,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// Somebody is at it, until then at the latest.
    Begun {
        until: Timestamp,
    },
    Done(Done),
    /// Nothing came of it, so the key is free.
    Free,
}

/// The answer. Without a body it held a secret.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
}

/// Whose key, for what.
#[derive(Debug)]
pub(super) struct Scope {
    partition: Partition,
    key: Key,
    request: String,
}

#[derive(Debug)]
pub(super) enum Claimed {
    Ours(Claim),
    Done(Done),
    /// Used for another body.
    ForAnother,
    /// Somebody is still at it.
    InUse,
}

/// That nobody else does this now.
#[derive(Debug)]
pub(super) struct Claim {
    scope: Scope,
    id: Uuid,
    began_at: Timestamp,
}

impl Scope {
    pub(super) fn new(caller: &str, route: &str, key: &IdempotencyKey, body: &[u8]) -> Self {
        let name = hash(&[caller, route, key.as_str()]);
        let number = name.bytes().next().unwrap_or_default() % PARTITIONS;
        Self {
            partition: Partition::new(Collection::Processed, format!("keys:{number}")),
            key: Key::new(format!("key:{name}")),
            request: hash_bytes(body),
        }
    }
}

impl Idempotency {
    pub(super) async fn claim(&self, scope: Scope) -> Result<Claimed, WriteError> {
        let store = &*self.store;
        let patience_ends = Instant::now() + TIMEOUT;
        loop {
            let now = self.clock.now();
            let fresh = Claim {
                id: self.ids.uuid(),
                began_at: now,
                scope: Scope {
                    partition: scope.partition.clone(),
                    key: scope.key.clone(),
                    request: scope.request.clone(),
                },
            };
            match fresh.write_over(store, None, now).await {
                Ok(()) => {
                    fresh.sweep(store, now).await;
                    return Ok(Claimed::Ours(fresh));
                }
                Err(WriteError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
            let found = store.get(&scope.partition, &scope.key).await;
            // Swept away just now, or about to be ours.
            let Some(record) = found.map_err(WriteError::NotDone)? else {
                continue;
            };
            let there: Processed = record.read()?;
            let is_over = there.began_at + REMEMBERED <= now;
            let claim = match there.stage {
                _ if is_over => fresh,
                Stage::Free => fresh,
                _ if there.request != scope.request => return Ok(Claimed::ForAnother),
                Stage::Done(done) => return Ok(Claimed::Done(done)),
                Stage::Begun { until } if until <= now => Claim {
                    id: there.id,
                    began_at: there.began_at,
                    ..fresh
                },
                Stage::Begun { .. } if Instant::now() < patience_ends => {
                    sleep(LOOK_AGAIN).await;
                    continue;
                }
                Stage::Begun { .. } => return Ok(Claimed::InUse),
            };
            match claim.write_over(store, Some(record), now).await {
                Ok(()) => return Ok(Claimed::Ours(claim)),
                // Another repeat was faster.
                Err(WriteError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Claim {
    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    /// If this cannot be written, a repeat does it all again, with the same id.
    pub(super) async fn finish(&self, store: &dyn Store, done: Done) {
        self.note(store, Stage::Done(done)).await;
    }

    /// Nothing was created: the key may be used for anything.
    pub(super) async fn release(&self, store: &dyn Store) {
        self.note(store, Stage::Free).await;
    }

    /// Nobody knows what was created: a repeat tries the same, and need not wait.
    pub(super) async fn abandon(&self, store: &dyn Store, now: Timestamp) {
        self.note(store, Stage::Begun { until: now }).await;
    }

    async fn note(&self, store: &dyn Store, stage: Stage) {
        let noted = async {
            let key = self.scope.key.clone();
            let write = Write::put(key, &self.at(stage))?;
            store.write(&self.scope.partition, vec![write]).await
        };
        if let Err(error) = noted.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what became of a call with an Idempotency-Key is not recorded"
            );
        }
    }

    async fn write_over(
        &self,
        store: &dyn Store,
        there: Option<Record>,
        now: Timestamp,
    ) -> Result<(), WriteError> {
        let key = self.scope.key.clone();
        let begun = self.at(Stage::Begun { until: now + LEASE });
        let write = match there {
            None => Write::insert(key, &begun),
            Some(record) => Write::replace(key, record.version, &begun),
        };
        let write = write?;
        store.write(&self.scope.partition, vec![write]).await
    }

    fn at(&self, stage: Stage) -> Processed {
        Processed {
            request: self.scope.request.clone(),
            id: self.id,
            began_at: self.began_at,
            stage,
        }
    }

    /// Keys are hashes, so what lies behind this one is as good as drawn by lot.
    async fn sweep(&self, store: &dyn Store, now: Timestamp) {
        let [lot, ..] = *self.id.as_bytes();
        if lot % SWEEP_EVERY != 0 {
            return;
        }
        let keys = self.scope.key.clone()..Key::literal("key:").prefix_range().end;
        let partition = &self.scope.partition;
        let Ok(found) = store.range(partition, keys, SWEEP).await else {
            return;
        };
        let is_over = |record: &Record| {
            let read: Option<Processed> = record.read().ok();
            read.is_some_and(|there| there.began_at + REMEMBERED <= now)
        };
        let over = found.into_iter().filter(is_over);
        let deletes: Vec<_> = over
            .map(|Record { key, version, .. }| Write::Delete { key, version })
            .collect();
        if !deletes.is_empty() {
            // If somebody took one of them just now, they stay for another time.
            let _ = store.write(partition, deletes).await;
        }
    }
}
