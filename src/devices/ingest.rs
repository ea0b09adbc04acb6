//! Taking a batch of messages: each device's messages are stored, then sent.

use std::sync::Arc;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use super::live::Live;
use super::message::{Message, Source};
use super::record::{self, Head, Listed};
use crate::azure::courier::Courier;
use crate::azure::web_pubsub::CallError;
use crate::clock::Clock;
use crate::ids::target::DeviceId;
use crate::store::{MAX_BODY, MAX_WRITES, Store, StoreError, Write, WriteError};

/// Bytes of messages in one write. Cosmos DB takes 2 MiB, in which the escapes of a record are
/// escaped once more; every other store takes more.
const MAX_WRITE_BYTES: usize = 768 * 1024;
/// Bytes of a record beside properties and body.
const OTHER_FIELDS: usize = 200;
/// Devices of a batch that are served at the same time.
const CONCURRENCY: usize = 16;
/// Another instance that reads the same partition ends soon: the hub gives it to one.
const MAX_CONFLICTS: u32 = 20;
/// How often a batch is taken again because frames could not be sent. Everything is stored by then,
/// and the next message brings newer values.
const MAX_LIVE_RETRIES: u32 = 3;

/// Why a batch must come again.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    #[error("telemetry of {device} cannot be stored")]
    Store {
        device: DeviceId,
        #[source]
        cause: WriteError,
    },
    #[error("telemetry of {device} is stored, but cannot be sent")]
    Live {
        device: DeviceId,
        #[source]
        cause: CallError,
    },
}

/// Takes telemetry.
#[derive(Debug)]
pub struct Ingest {
    store: Arc<dyn Store>,
    live: Live,
    clock: Clock,
    keep: u32,
}

impl Ingest {
    /// `keep` is the length of each device's history.
    pub fn new(store: Arc<dyn Store>, courier: Courier, clock: Clock, keep: u32) -> Self {
        Self {
            store,
            live: Live::new(courier),
            clock,
            keep: keep.max(1),
        }
    }

    /// Stores and sends the messages of one batch. A batch that comes again is stored only where it
    /// was not yet, and is sent again: whether it was sent is recorded nowhere. `retries` is how
    /// often this batch has failed before.
    pub async fn take(
        &self,
        source: &Source,
        messages: Vec<Message>,
        retries: u32,
    ) -> Result<(), BatchError> {
        let fitting = messages.into_iter().filter(fits);
        stream::iter(by_device(fitting))
            .map(|messages| self.take_device(source, messages, retries))
            .buffer_unordered(CONCURRENCY)
            .try_collect()
            .await
    }

    /// `messages` are of one device.
    async fn take_device(
        &self,
        source: &Source,
        messages: Vec<Message>,
        retries: u32,
    ) -> Result<(), BatchError> {
        let Some(device) = messages.first().map(|message| message.device.clone()) else {
            return Ok(());
        };
        let now = self.clock.now();
        match self.store(source, &device, &messages, now).await {
            Ok(()) => {}
            // Trying again would not help, and would keep back every other device.
            Err(WriteError::NotDone(StoreError::BadRecord(error))) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "telemetry of {device} is passed over: its record is unreadable"
                );
            }
            Err(cause) => return Err(BatchError::Store { device, cause }),
        }
        match self.live.send(&device, &messages, now).await {
            Err(cause) if cause.may_pass() && retries < MAX_LIVE_RETRIES => {
                Err(BatchError::Live { device, cause })
            }
            Err(cause) => {
                tracing::error!(
                    error = &cause as &dyn std::error::Error,
                    "telemetry of {device} is stored, and was not sent"
                );
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// Each round is one read and one write, and stores as many messages as one write takes.
    async fn store(
        &self,
        source: &Source,
        device: &DeviceId,
        messages: &[Message],
        now: Timestamp,
    ) -> Result<(), WriteError> {
        let partition = record::partition(device);
        let mut conflicts = 0;
        loop {
            let found = self.store.get(&partition, &record::HEAD).await?;
            let mut head = match &found {
                Some(record) => record.read()?,
                None => Head::new(self.keep),
            };
            head.resize(self.keep);
            let new: Vec<_> = messages.iter().filter(|m| !head.has(source, m)).collect();
            if new.is_empty() {
                return Ok(());
            }
            // The ring would lose the others within this very batch.
            let skipped = new.len().saturating_sub(self.keep as usize);
            let mut writes = Vec::new();
            let mut bytes = 0;
            let mut is_whole = true;
            for message in &new[skipped..] {
                let mut next = head.clone();
                let stored = next.add(source, message, now);
                let write = Write::put(next.slot(next.count), &stored)?;
                let Write::Put { body, .. } = &write else {
                    continue;
                };
                bytes += body.len();
                let is_full = writes.len() >= MAX_WRITES - 1 || bytes > MAX_WRITE_BYTES;
                if is_full && !writes.is_empty() {
                    is_whole = false;
                    break;
                }
                head = next;
                writes.push(write);
            }
            match found {
                Some(found) => {
                    writes.push(Write::replace(record::HEAD, found.version, &head)?);
                }
                None => {
                    self.list(device).await?;
                    writes.push(Write::insert(record::HEAD, &head)?);
                }
            }
            match self.store.write(&partition, writes).await {
                Ok(()) if is_whole => return Ok(()),
                Ok(()) => {}
                Err(WriteError::Conflict { .. }) if conflicts < MAX_CONFLICTS => conflicts += 1,
                Err(error) => return Err(error),
            }
        }
    }

    /// Before the first write, so that a crash leaves no device that no list names.
    async fn list(&self, device: &DeviceId) -> Result<(), WriteError> {
        let listed = Listed {
            device_id: device.clone(),
        };
        let write = Write::put(record::list_key(device), &listed)?;
        self.store.write(&record::list(), vec![write]).await
    }
}

/// Whether a record can hold the message. The hub's own limit is lower, but characters that are not
/// UTF-8 have grown on their way.
fn fits(message: &Message) -> bool {
    let properties = serde_json::to_string(&message.properties);
    let properties = properties.map_or(usize::MAX, |text| text.len());
    let body = message.body.as_json().get().len();
    let fits = body.saturating_add(properties).saturating_add(OTHER_FIELDS) <= MAX_BODY;
    if !fits {
        tracing::warn!(
            "message {} of {} is passed over: it is too large to be stored",
            message.sequence,
            message.device
        );
    }
    fits
}

/// The messages of each device, in their order.
fn by_device(messages: impl Iterator<Item = Message>) -> Vec<Vec<Message>> {
    let mut groups: Vec<Vec<Message>> = Vec::new();
    let mut places = std::collections::HashMap::new();
    for message in messages {
        let next = groups.len();
        let place = *places.entry(message.device.clone()).or_insert(next);
        match groups.get_mut(place) {
            Some(group) => group.push(message),
            None => groups.push(vec![message]),
        }
    }
    groups
}
