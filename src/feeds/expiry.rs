//! Removes expired notifications, which no list shows any more, a few at a time beside other calls.

use futures_util::future::try_join_all;

use super::FeedError;
use super::inbox::{Inboxes, Marker};
use super::keys::{self, Slot};
use crate::ids::user_id::UserId;
use crate::store::{Partition, Record, Write, WriteError};

/// Each has three records, and one write removes them all.
const MAX_EXPIRED: usize = 20;

impl Inboxes {
    /// A failure fails no call: a later one tries again.
    pub(super) async fn remove_expired(&self, user: &UserId) {
        if let Err(error) = self.try_remove_expired(&keys::partition(user)).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "failed to remove expired notifications"
            );
        }
    }

    async fn try_remove_expired(&self, inbox: &Partition) -> Result<(), FeedError> {
        let keys = keys::expired(self.oldest());
        let expired = self.store.range(inbox, keys, MAX_EXPIRED).await?;
        let removing = expired
            .into_iter()
            .map(|record| self.removal(inbox, record));
        let writes = try_join_all(removing).await?.concat();
        if writes.is_empty() {
            return Ok(());
        }
        match self.store.write(inbox, writes).await {
            // Another call removed them, or one of the ids was just used again.
            Ok(()) | Err(WriteError::Conflict { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    async fn removal(
        &self,
        inbox: &Partition,
        notification: Record,
    ) -> Result<Vec<Write>, FeedError> {
        let slot = Slot::of(&notification.key);
        let mut writes = vec![Write::delete(notification)];
        let Some(slot) = slot else {
            return Ok(writes);
        };
        let (marker, unread) = (slot.marker(), slot.unread());
        let (marker, unread) = tokio::try_join!(
            self.store.get(inbox, &marker),
            self.store.get(inbox, &unread)
        )?;
        writes.extend(unread.map(Write::delete));
        if let Some(record) = marker
            // The id may stand for a later notification by now.
            && record.read::<Marker>()?.slot == slot
        {
            writes.push(Write::delete(record));
        }
        Ok(writes)
    }
}
