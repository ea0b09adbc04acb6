//! Reading an inbox, a page at a time.

use std::collections::HashSet;

use futures_util::future::try_join_all;

use super::FeedError;
use super::inbox::Inboxes;
use super::keys::{self, Slot};
use super::notification::Notification;
use crate::ids::user_id::UserId;
use crate::store::page_limit::PageLimit;
use crate::store::{Partition, Record};

/// A page is no larger than this, so that it fits into an answer.
const MAX_PAGE: usize = 512 * 1024;
/// How many notifications are read at the same time.
const MAX_CHUNK: usize = 25;
/// Unread notifications beyond this number are not counted: a count reads a record for each.
pub(super) const MAX_UNREAD: usize = 1000;

/// Which notifications to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    All,
    Unread,
}

/// Part of an inbox, newest first.
#[derive(Debug)]
pub struct Page {
    pub notifications: Vec<Listed>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// A notification in a list.
#[derive(Debug)]
pub struct Listed {
    pub notification: Notification,
    pub is_read: bool,
}

/// Records as they come, until the page is full.
struct Filling {
    records: Vec<Record>,
    size: usize,
    limit: usize,
    has_more: bool,
}

impl Inboxes {
    /// The newest notifications, or those that arrived before the one with the id `before`.
    pub async fn list(
        &self,
        user: &UserId,
        filter: Filter,
        before: Option<&str>,
        limit: Option<u64>,
    ) -> Result<Page, FeedError> {
        let inbox = keys::partition(user);
        let before = match before {
            None => None,
            Some(id) => Some(self.find(&inbox, id).await?.ok_or_else(|| {
                FeedError::invalid("`before` is the id of no notification in this inbox")
            })?),
        };
        let limit = PageLimit::new(limit).get();
        match filter {
            Filter::All => self.list_all(&inbox, before.as_ref(), limit).await,
            Filter::Unread => self.list_unread(&inbox, before.as_ref(), limit).await,
        }
    }

    /// How many notifications are unread, at most 1000.
    pub async fn unread_count(&self, user: &UserId) -> Result<usize, FeedError> {
        let unread = keys::unread(None, self.oldest());
        let inbox = keys::partition(user);
        Ok(self.store.range(&inbox, unread, MAX_UNREAD).await?.len())
    }

    async fn list_all(
        &self,
        inbox: &Partition,
        before: Option<&Slot>,
        limit: usize,
    ) -> Result<Page, FeedError> {
        let mut keys = keys::notifications(before, self.oldest());
        let mut page = Filling::new(limit);
        loop {
            // One more than fits tells whether there are older ones.
            let wanted = page.missing().saturating_add(1).min(MAX_CHUNK);
            let found = self.store.range(inbox, keys.clone(), wanted).await?;
            let is_last = found.len() < wanted;
            if let Some(last) = found.last() {
                keys.start = last.key.successor();
            }
            if !page.add(found) || is_last {
                break;
            }
        }
        // Read afterwards, so that every unread one of these is among them.
        let unread = self.unread_of(inbox, &page.records).await?;
        page.finish(|slot| !unread.contains(slot))
    }

    async fn list_unread(
        &self,
        inbox: &Partition,
        before: Option<&Slot>,
        limit: usize,
    ) -> Result<Page, FeedError> {
        let keys = keys::unread(before, self.oldest());
        let found = self.store.range(inbox, keys, limit + 1).await?;
        let slots: Vec<_> = found.iter().filter_map(|r| Slot::of(&r.key)).collect();
        let mut page = Filling::new(limit);
        for chunk in slots.chunks(MAX_CHUNK) {
            let reads = chunk.iter().map(|slot| async move {
                let key = slot.notification();
                self.store.get(inbox, &key).await
            });
            let found = try_join_all(reads).await?;
            if !page.add(found.into_iter().flatten()) {
                break;
            }
        }
        page.finish(|_| false)
    }

    /// Which of these notifications are unread. All lie in one range.
    async fn unread_of(
        &self,
        inbox: &Partition,
        notifications: &[Record],
    ) -> Result<HashSet<Slot>, FeedError> {
        let slot = |record: Option<&Record>| record.and_then(|record| Slot::of(&record.key));
        let (Some(first), Some(last)) = (slot(notifications.first()), slot(notifications.last()))
        else {
            return Ok(HashSet::new());
        };
        let keys = first.unread()..last.unread().successor();
        let found = self.store.range(inbox, keys, MAX_UNREAD).await?;
        Ok(found.iter().filter_map(|r| Slot::of(&r.key)).collect())
    }
}

impl Filling {
    fn new(limit: usize) -> Self {
        Self {
            records: Vec::new(),
            size: 0,
            limit,
            has_more: false,
        }
    }

    fn missing(&self) -> usize {
        self.limit - self.records.len()
    }

    /// Returns `false` when the page is full and something is left.
    fn add(&mut self, records: impl IntoIterator<Item = Record>) -> bool {
        for record in records {
            self.size += record.body.len();
            let is_too_large = self.size > MAX_PAGE && !self.records.is_empty();
            if is_too_large || self.missing() == 0 {
                self.has_more = true;
                return false;
            }
            self.records.push(record);
        }
        true
    }

    fn finish(self, is_read: impl Fn(&Slot) -> bool) -> Result<Page, FeedError> {
        let listed = self.records.iter().map(|record| {
            Ok(Listed {
                notification: record.read()?,
                is_read: Slot::of(&record.key).is_none_or(|slot| is_read(&slot)),
            })
        });
        Ok(Page {
            notifications: listed.collect::<Result<_, FeedError>>()?,
            has_more: self.has_more,
        })
    }
}
