//! How long a user may record in a day. The time is reserved before a recording begins, so that
//! several at once cannot use more than there is.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::RecordingError;
use super::recording::Recording;
use crate::store::conflicts::Conflicts;
use crate::store::{Key, Partition, Record, Store, StoreError, Write, daily};

/// Of the records.
const KIND: &str = "recordings";
const MAX_RECORDING: u32 = 10 * 60;
const MAX_DAY: u32 = 60 * 60;
/// The least that a recording counts: it bounds how many a day has.
const MIN_CHARGE: u32 = 10;
const DAY_SECONDS: i64 = 24 * 60 * 60;

#[derive(Debug)]
pub(super) struct Allowance {
    store: Arc<dyn Store>,
}

/// The seconds of each recording of a user in one day. By recording, so that a repeated call counts
/// once.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Used(BTreeMap<Uuid, u32>);

impl Allowance {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Reserves time for a recording, and returns how many seconds it may last.
    pub(super) async fn reserve(
        &self,
        caller: &str,
        id: Uuid,
        now: Timestamp,
    ) -> Result<u32, RecordingError> {
        let (day, key) = place(caller, now);
        let mut conflicts = Conflicts::default();
        loop {
            let (record, mut used) = self.read(&day, &key).await?;
            if let Some(seconds) = used.0.get(&id) {
                return Ok(*seconds);
            }
            let left = MAX_DAY.saturating_sub(used.0.values().sum());
            if left < MIN_CHARGE {
                let rest = DAY_SECONDS - now.as_second().rem_euclid(DAY_SECONDS);
                return Err(RecordingError::DayUsedUp {
                    retry_after_ms: rest.unsigned_abs() * 1000,
                });
            }
            let seconds = left.min(MAX_RECORDING);
            used.0.insert(id, seconds);
            let is_new = record.is_none();
            let write = write(&key, record, &used)?;
            match self.store.write(&day, vec![write]).await {
                Ok(()) if is_new => {
                    daily::forget_earlier(&*self.store, KIND, now).await;
                    return Ok(seconds);
                }
                Ok(()) => return Ok(seconds),
                Err(error) => conflicts.retry_after(error).await?,
            }
        }
    }

    /// Gives back what a recording did not use. A failure leaves the reservation, so it only makes
    /// the day shorter.
    pub(super) async fn settle(&self, recording: &Recording, seconds: u32) {
        if let Err(error) = self.try_settle(recording, seconds).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to count the seconds of a recording"
            );
        }
    }

    async fn try_settle(&self, recording: &Recording, seconds: u32) -> Result<(), RecordingError> {
        let (day, key) = place(&recording.caller, recording.started);
        let mut conflicts = Conflicts::default();
        loop {
            let (record, mut used) = self.read(&day, &key).await?;
            let seconds = seconds.clamp(MIN_CHARGE, recording.max_seconds.max(MIN_CHARGE));
            let Some(reserved) = used.0.get_mut(&recording.id()) else {
                return Ok(());
            };
            if *reserved <= seconds {
                return Ok(());
            }
            *reserved = seconds;
            let write = write(&key, record, &used)?;
            match self.store.write(&day, vec![write]).await {
                Ok(()) => return Ok(()),
                Err(error) => conflicts.retry_after(error).await?,
            }
        }
    }

    async fn read(&self, day: &Partition, key: &Key) -> Result<(Option<Record>, Used), StoreError> {
        let record = self.store.get(day, key).await?;
        let used = record.as_ref().map(Record::read).transpose()?;
        Ok((record, used.unwrap_or_default()))
    }
}

fn place(caller: &str, time: Timestamp) -> (Partition, Key) {
    let key = Key::new(format!("user:{caller}"));
    (daily::partition(KIND, time), key)
}

fn write(key: &Key, before: Option<Record>, used: &Used) -> Result<Write, StoreError> {
    match before {
        Some(record) => Write::replace(key.clone(), record.version, used),
        None => Write::insert(key.clone(), used),
    }
}
