//! Storing a notification and sending it.

use serde::Serialize;
use uuid::Uuid;

use super::FeedError;
use super::frame::Frame;
use super::inbox::{Inboxes, Marker};
use super::keys::{self, Slot};
use super::notification::{NewNotification, Notification};
use crate::azure::web_pubsub::CallError;
use crate::ids::user_id::UserId;
use crate::store::conflicts::Conflicts;
use crate::store::{Partition, Record, Write, WriteError};

/// One notification in so many removes expired ones. It removes more than arrive in between.
const SWEEP_EVERY: u8 = 8;

/// A notification that is in the inbox.
#[derive(Debug)]
pub struct Delivered {
    pub id: String,
    /// Whether it was sent, now or by an earlier call. If not, it is only in the inbox.
    pub sent: Result<(), CallError>,
}

enum Stored {
    Now,
    /// By an earlier attempt of this call, which did not finish.
    ByThisCall(Notification),
    ByAnotherCall,
}

/// The record that a notification is unread.
#[derive(Serialize)]
struct Unread {}

impl Inboxes {
    /// Stores a notification and sends it, unless its id is known. `call` is the same in every
    /// attempt of one call.
    pub async fn deliver(
        &self,
        user: &UserId,
        new: NewNotification,
        call: Uuid,
    ) -> Result<Delivered, FeedError> {
        let now = self.clock.now();
        let (id, notification) = new.complete(call, now)?;
        let slot = Slot::new(now, &id);
        let sent = match self.insert(user, &slot, &notification, call).await? {
            Stored::Now if slot.one_in(SWEEP_EVERY) => {
                let sending = self.send_notification(user, &notification);
                let (sent, ()) = tokio::join!(sending, self.remove_expired(user));
                sent
            }
            Stored::Now => self.send_notification(user, &notification).await,
            Stored::ByThisCall(earlier) => self.send_notification(user, &earlier).await,
            Stored::ByAnotherCall => Ok(()),
        };
        Ok(Delivered { id, sent })
    }

    /// Sends a stored notification again, if it has not expired.
    pub async fn resend(&self, user: &UserId, id: &str) -> Result<(), FeedError> {
        let inbox = keys::partition(user);
        let Some(slot) = self.find(&inbox, id).await? else {
            return Ok(());
        };
        let Some(notification) = self.notification(&inbox, &slot).await? else {
            return Ok(());
        };
        let sent = self.send_notification(user, &notification).await;
        sent.map_err(FeedError::Send)
    }

    async fn insert(
        &self,
        user: &UserId,
        slot: &Slot,
        notification: &Notification,
        call: Uuid,
    ) -> Result<Stored, FeedError> {
        let inbox = keys::partition(user);
        let marker = Marker {
            slot: slot.clone(),
            call,
        };
        let mut expired = None;
        let mut conflicts = Conflicts::default();
        loop {
            let mark = match expired.take() {
                None => Write::insert(slot.marker(), &marker),
                Some(Record { key, version, .. }) => Write::replace(key, version, &marker),
            };
            let writes = vec![
                mark?,
                Write::insert(slot.notification(), notification)?,
                Write::insert(slot.unread(), &Unread {})?,
            ];
            match self.store.write(&inbox, writes).await {
                Ok(()) => return Ok(Stored::Now),
                Err(error @ WriteError::Unknown(_)) => {
                    return match self.marker(&inbox, slot).await {
                        Ok(Some(stored)) if stored.call == call => Ok(Stored::Now),
                        Ok(_) | Err(_) => Err(error.into()),
                    };
                }
                Err(error) => conflicts.retry_after(error).await?,
            }
            // Gone if it was removed in the meantime, as it had expired.
            let Some(record) = self.store.get(&inbox, &slot.marker()).await? else {
                continue;
            };
            let earlier: Marker = record.read()?;
            if earlier.slot.is_before(self.oldest()) {
                expired = Some(record);
            } else if earlier.call != call {
                return Ok(Stored::ByAnotherCall);
            } else if let Some(stored) = self.notification(&inbox, &earlier.slot).await? {
                return Ok(Stored::ByThisCall(stored));
            }
        }
    }

    async fn marker(&self, inbox: &Partition, slot: &Slot) -> Result<Option<Marker>, FeedError> {
        let record = self.store.get(inbox, &slot.marker()).await?;
        Ok(record.map(|record| record.read()).transpose()?)
    }

    pub(super) async fn notification(
        &self,
        inbox: &Partition,
        slot: &Slot,
    ) -> Result<Option<Notification>, FeedError> {
        let record = self.store.get(inbox, &slot.notification()).await?;
        Ok(record.map(|record| record.read()).transpose()?)
    }

    async fn send_notification(
        &self,
        user: &UserId,
        notification: &Notification,
    ) -> Result<(), CallError> {
        self.send(user, &Frame::Notification { notification }).await
    }
}
