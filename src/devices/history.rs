//! Reading a device's history, newest first.

use jiff::Timestamp;

use super::list::head;
use super::record::{self, StoredMessage};
use crate::ids::target::DeviceId;
use crate::store::{Store, StoreError};

/// A page is no larger than this, so that it fits into an answer.
const MAX_PAGE: usize = 512 * 1024;
/// How many messages one read fetches.
const MAX_CHUNK: u64 = 50;

/// Messages, newest first.
#[derive(Debug)]
pub struct HistoryPage {
    pub messages: Vec<StoredMessage>,
    /// Where the next page begins, if there is one.
    pub next: Option<u64>,
}

/// The messages that came after `since`, of those before number `before`. `None` if the device
/// never reported.
pub async fn history(
    store: &dyn Store,
    device: &DeviceId,
    since: Option<Timestamp>,
    before: Option<u64>,
    limit: usize,
) -> Result<Option<HistoryPage>, StoreError> {
    let Some(head) = head(store, device).await? else {
        return Ok(None);
    };
    let (oldest, newest) = head.numbers().into_inner();
    let mut last = before.map_or(newest, |before| before.saturating_sub(1).min(newest));
    let mut messages = Vec::new();
    let mut size = 0;
    while last >= oldest {
        let first = (last + 1).saturating_sub(MAX_CHUNK).max(oldest);
        let mut found = Vec::new();
        for keys in head.slots(first, last) {
            let chunk = usize::try_from(MAX_CHUNK).unwrap_or(usize::MAX);
            let records = store.range(&record::partition(device), keys, chunk).await?;
            for record in records {
                let message: StoredMessage = record.read()?;
                // A message that came meanwhile may have taken the place.
                if (first..=last).contains(&message.number) {
                    found.push((message, record.body.len()));
                }
            }
        }
        found.sort_by_key(|(message, _)| std::cmp::Reverse(message.number));
        for (message, bytes) in found {
            if since.is_some_and(|since| message.enqueued_at <= since) {
                return Ok(Some(HistoryPage {
                    messages,
                    next: None,
                }));
            }
            size += bytes;
            let is_full = messages.len() >= limit || size > MAX_PAGE;
            if is_full && !messages.is_empty() {
                let next = Some(message.number + 1);
                return Ok(Some(HistoryPage { messages, next }));
            }
            messages.push(message);
        }
        last = first - 1;
    }
    Ok(Some(HistoryPage {
        messages,
        next: None,
    }))
}
