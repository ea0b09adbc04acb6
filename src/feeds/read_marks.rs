//! Marking notifications as read, and telling the user's other pages.

use futures_util::future::try_join_all;

use super::FeedError;
use super::frame::Frame;
use super::inbox::Inboxes;
use super::keys::{self, Slot};
use crate::ids::user_id::UserId;
use crate::store::conflicts::Conflicts;
use crate::store::{MAX_WRITES, Partition, Write, WriteError};

/// What to mark as read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadMarks {
    /// At most 100.
    Ids(Vec<String>),
    All,
}

impl ReadMarks {
    pub fn new(ids: Option<Vec<String>>, all: Option<bool>) -> Result<Self, FeedError> {
        match (ids, all) {
            (Some(mut ids), None) if (1..=MAX_WRITES).contains(&ids.len()) => {
                ids.sort_unstable();
                ids.dedup();
                Ok(Self::Ids(ids))
            }
            (None, Some(true)) => Ok(Self::All),
            (Some(_) | None, _) => Err(FeedError::invalid(
                "either `ids`, a list of 1 to 100 ids, or `all`: true",
            )),
        }
    }
}

impl Inboxes {
    /// Ids that are not in the inbox are passed over: they may have expired. A repeat is sent to
    /// the other pages again, since the first call may have failed to.
    pub async fn mark_read(&self, user: &UserId, marks: ReadMarks) -> Result<(), FeedError> {
        let inbox = keys::partition(user);
        let sent = match marks {
            ReadMarks::Ids(ids) => {
                let known = self.known(&inbox, ids).await?;
                if known.is_empty() {
                    return Ok(());
                }
                let (ids, slots): (Vec<_>, Vec<_>) = known.into_iter().unzip();
                self.forget_unread(&inbox, &slots).await?;
                self.send(user, &Frame::Read { ids: &ids }).await
            }
            ReadMarks::All => {
                self.forget_all_unread(&inbox).await?;
                self.send(user, &Frame::AllRead { all: true }).await
            }
        };
        if let Err(error) = sent {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to tell the other pages of {user} that notifications were read"
            );
        }
        self.remove_expired(user).await;
        Ok(())
    }

    async fn known(
        &self,
        inbox: &Partition,
        ids: Vec<String>,
    ) -> Result<Vec<(String, Slot)>, FeedError> {
        let lookups = ids.into_iter().map(|id| async move {
            let slot = self.find(inbox, &id).await?;
            Ok::<_, FeedError>(slot.map(|slot| (id, slot)))
        });
        Ok(try_join_all(lookups).await?.into_iter().flatten().collect())
    }

    async fn forget_unread(&self, inbox: &Partition, slots: &[Slot]) -> Result<(), FeedError> {
        let mut conflicts = Conflicts::default();
        loop {
            let reads = slots.iter().map(|slot| async move {
                let key = slot.unread();
                self.store.get(inbox, &key).await
            });
            let unread = try_join_all(reads).await?.into_iter().flatten();
            let deletes: Vec<_> = unread.map(Write::delete).collect();
            if deletes.is_empty() {
                return Ok(());
            }
            match self.store.write(inbox, deletes).await {
                Ok(()) => return Ok(()),
                // Another page marked one of them.
                Err(error) => conflicts.retry_after(error).await?,
            }
        }
    }

    /// A batch at a time, from the newest to the oldest. A mark for all until some time would be one
    /// write, but it would cover a notification that arrives late from an instance whose clock
    /// is slow, which nobody has seen.
    async fn forget_all_unread(&self, inbox: &Partition) -> Result<(), FeedError> {
        let mut keys = keys::all_unread();
        let mut conflicts = Conflicts::default();
        let mut is_begun = false;
        loop {
            let unread = self.store.range(inbox, keys.clone(), MAX_WRITES).await;
            let unread = unread.map_err(|error| match is_begun {
                true => FeedError::OutcomeUnknown(error),
                false => error.into(),
            })?;
            let Some(next) = unread.last().map(|last| last.key.successor()) else {
                return Ok(());
            };
            let is_last = unread.len() < MAX_WRITES;
            let deletes = unread.into_iter().map(Write::delete).collect();
            match self.store.write(inbox, deletes).await {
                Ok(()) if is_last => return Ok(()),
                Ok(()) => {
                    keys.start = next;
                    is_begun = true;
                }
                Err(WriteError::NotDone(error)) if is_begun => {
                    return Err(FeedError::OutcomeUnknown(error));
                }
                Err(error) => conflicts.retry_after(error).await?,
            }
        }
    }
}
