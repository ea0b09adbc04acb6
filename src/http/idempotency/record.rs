//! The stored record of a key: a call claims it before its work, and it holds the answer
//! afterwards.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::key::IdempotencyKey;
use crate::clock::{Clock, Ids};
use crate::store::hash::{hash, hash_bytes};
use crate::store::{Collection, Key, Partition, Record, Store, Write, WriteError};

/// How long repeats are recognised.
const RETENTION: SignedDuration = SignedDuration::from_hours(24);
/// How long a call may work on its claim. After this it has crashed, and a repeat takes over.
const LEASE: SignedDuration = SignedDuration::from_secs(20);
/// How long a repeat waits for the call in progress.
const TIMEOUT: Duration = Duration::from_secs(5);
const POLL_INTERVAL: Duration = Duration::from_millis(150);
/// Few partitions for all callers, so that every sweep covers many callers.
const PARTITIONS: u8 = 8;
/// One in so many new keys sweeps its neighbours.
const SWEEP_EVERY: u8 = 8;
/// How many records a sweep reads: more than are created between two sweeps, so that few expired
/// ones remain.
const SWEEP_SIZE: usize = 50;

#[derive(Debug, Serialize, Deserialize)]
struct Processed {
    /// The hash of the body. A call with another body is another operation.
    request: String,
    /// The id of what the call creates.
    id: Uuid,
    began_at: Timestamp,
    stage: Stage,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// A call is in progress, until then at the latest.
    Begun {
        until: Timestamp,
    },
    Done(Done),
    /// Nothing was created, so the key may be used again.
    Free,
}

/// The answer, without its body if that held a secret.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Done {
    pub(super) status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) body: Option<String>,
}

/// Caller, route, key and body of a call, hashed.
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
    /// The key was used with another body.
    OtherBody,
    /// Another call is still in progress.
    InUse,
}

/// The exclusive right to do the work of a key.
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

/// Claims a key, or finds the answer that it has already.
pub(super) async fn claim(
    store: &dyn Store,
    clock: &Clock,
    ids: &Ids,
    scope: Scope,
) -> Result<Claimed, WriteError> {
    let deadline = Instant::now() + TIMEOUT;
    loop {
        let now = clock.now();
        let fresh = Claim {
            id: ids.uuid(),
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
        // A sweep removed it in the meantime.
        let Some(record) = found.map_err(WriteError::NotDone)? else {
            continue;
        };
        let existing: Processed = record.read()?;
        let is_expired = existing.began_at + RETENTION <= now;
        let claim = match existing.stage {
            _ if is_expired => fresh,
            Stage::Free => fresh,
            _ if existing.request != scope.request => return Ok(Claimed::OtherBody),
            Stage::Done(done) => return Ok(Claimed::Done(done)),
            Stage::Begun { until } if until <= now => Claim {
                id: existing.id,
                began_at: existing.began_at,
                ..fresh
            },
            Stage::Begun { .. } if Instant::now() < deadline => {
                sleep(POLL_INTERVAL).await;
                continue;
            }
            Stage::Begun { .. } => return Ok(Claimed::InUse),
        };
        match claim.write_over(store, Some(record), now).await {
            Ok(()) => return Ok(Claimed::Ours(claim)),
            // Another repeat came first.
            Err(WriteError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
    }
}

impl Claim {
    pub(super) fn id(&self) -> Uuid {
        self.id
    }

    /// If this cannot be stored, a repeat does the work again, with the same id.
    pub(super) async fn finish(&self, store: &dyn Store, done: Done) {
        self.record(store, Stage::Done(done)).await;
    }

    /// Nothing was created, so the key may be used for anything.
    pub(super) async fn release(&self, store: &dyn Store) {
        self.record(store, Stage::Free).await;
    }

    /// The outcome is unknown, so a repeat tries the same at once.
    pub(super) async fn abandon(&self, store: &dyn Store, now: Timestamp) {
        self.record(store, Stage::Begun { until: now }).await;
    }

    async fn record(&self, store: &dyn Store, stage: Stage) {
        let recorded = async {
            let key = self.scope.key.clone();
            let write = Write::put(key, &self.at(stage))?;
            store.write(&self.scope.partition, vec![write]).await
        };
        if let Err(error) = recorded.await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to record the outcome of a call with an Idempotency-Key"
            );
        }
    }

    async fn write_over(
        &self,
        store: &dyn Store,
        existing: Option<Record>,
        now: Timestamp,
    ) -> Result<(), WriteError> {
        let key = self.scope.key.clone();
        let begun = self.at(Stage::Begun { until: now + LEASE });
        let write = match existing {
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

    /// Removes expired records behind this one. Keys are hashes, so these are random ones.
    async fn sweep(&self, store: &dyn Store, now: Timestamp) {
        let [random, ..] = *self.id.as_bytes();
        if random % SWEEP_EVERY != 0 {
            return;
        }
        let keys = self.scope.key.clone()..Key::literal("key:").prefix_range().end;
        let partition = &self.scope.partition;
        let Ok(found) = store.range(partition, keys, SWEEP_SIZE).await else {
            return;
        };
        let is_expired = |record: &Record| {
            let read: Option<Processed> = record.read().ok();
            read.is_some_and(|record| record.began_at + RETENTION <= now)
        };
        let expired = found.into_iter().filter(is_expired);
        let deletes: Vec<_> = expired
            .map(|Record { key, version, .. }| Write::Delete { key, version })
            .collect();
        if !deletes.is_empty() {
            // If one of them was claimed in the meantime, a later sweep removes the others.
            let _ = store.write(partition, deletes).await;
        }
    }
}
