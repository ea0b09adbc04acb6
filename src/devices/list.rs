//! The devices that have reported.

use futures_util::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

use super::record::{self, Head, Listed, StoredMessage};
use crate::ids::target::DeviceId;
use crate::store::{Key, Store, StoreError};

/// Reads at the same time.
const CONCURRENCY: usize = 16;

/// A device and when it last reported.
#[derive(Debug)]
pub struct Device {
    pub device_id: DeviceId,
    pub last_seen_at: Timestamp,
    /// The newest message, where it was asked for and the ring holds it.
    pub last: Option<StoredMessage>,
}

/// Devices by their ids.
#[derive(Debug)]
pub struct DevicePage {
    pub devices: Vec<Device>,
    /// The last device of a page that another one follows.
    pub next: Option<DeviceId>,
}

/// The devices after `cursor`.
pub async fn list(
    store: &dyn Store,
    cursor: Option<&DeviceId>,
    limit: usize,
) -> Result<DevicePage, StoreError> {
    let all = Key::literal("device:").prefix_range();
    let keys = match cursor {
        Some(cursor) => record::list_key(cursor).successor()..all.end,
        None => all,
    };
    let records = store.range(&record::list(), keys, limit + 1).await?;
    let listed = records.iter().map(|record| record.read::<Listed>());
    let mut listed: Vec<_> = listed.collect::<Result<_, _>>()?;
    let has_more = listed.len() > limit;
    listed.truncate(limit);
    let next = listed.last().filter(|_| has_more);
    let next = next.map(|listed| listed.device_id.clone());
    let reads = listed.into_iter().map(|listed| async move {
        let head = head(store, &listed.device_id).await?;
        // A crash between the two writes leaves a device that is listed and has no record.
        Ok::<_, StoreError>(head.map(|head| Device {
            device_id: listed.device_id,
            last_seen_at: head.last_seen_at,
            last: None,
        }))
    });
    let reads: Vec<_> = reads.collect();
    let devices: Vec<Option<Device>> = stream::iter(reads)
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    Ok(DevicePage {
        devices: devices.into_iter().flatten().collect(),
        next,
    })
}

/// One device with its newest message; `None` if it never reported.
pub async fn find(store: &dyn Store, device: &DeviceId) -> Result<Option<Device>, StoreError> {
    let Some(head) = head(store, device).await? else {
        return Ok(None);
    };
    let slot = head.slot(head.count);
    let newest = store.get(&record::partition(device), &slot).await?;
    let newest: Option<StoredMessage> = newest.map(|record| record.read()).transpose()?;
    Ok(Some(Device {
        device_id: device.clone(),
        last_seen_at: head.last_seen_at,
        last: newest.filter(|message| {
            message.number == head.count && head.numbers().contains(&message.number)
        }),
    }))
}

pub(super) async fn head(store: &dyn Store, device: &DeviceId) -> Result<Option<Head>, StoreError> {
    let found = store.get(&record::partition(device), &record::HEAD).await?;
    Ok(found.map(|record| record.read()).transpose()?)
}
