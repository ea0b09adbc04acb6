//! The inboxes of all users.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::FeedError;
use super::frame::{Frame, send};
use super::keys::{self, Slot};
use crate::azure::courier::Courier;
use crate::azure::web_pubsub::CallError;
use crate::clock::Clock;
use crate::ids::user_id::UserId;
use crate::store::{Partition, Store};

/// Stores, sends and lists notifications. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Inboxes {
    pub(super) store: Arc<dyn Store>,
    pub(super) courier: Courier,
    pub(super) clock: Clock,
    lifetime: SignedDuration,
}

/// The record of an id.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Marker {
    pub(super) slot: Slot,
    /// The call that stored the notification.
    pub(super) call: Uuid,
}

impl Inboxes {
    /// A notification is kept for `days`.
    pub fn new(store: Arc<dyn Store>, courier: Courier, clock: Clock, days: u32) -> Self {
        Self {
            store,
            courier,
            clock,
            lifetime: SignedDuration::from_hours(24 * i64::from(days)),
        }
    }

    /// Notifications that arrived then or earlier have expired.
    pub(super) fn oldest(&self) -> Timestamp {
        let oldest = self.clock.now().checked_sub(self.lifetime);
        oldest.unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Where the notification with this id is, unless it has expired.
    pub(super) async fn find(
        &self,
        inbox: &Partition,
        id: &str,
    ) -> Result<Option<Slot>, FeedError> {
        let Some(record) = self.store.get(inbox, &keys::marker(id)).await? else {
            return Ok(None);
        };
        let Marker { slot, .. } = record.read()?;
        Ok((!slot.is_before(self.oldest())).then_some(slot))
    }

    /// Sends to the user's connections that are bound to notifications.
    pub(super) async fn send(&self, user: &UserId, frame: &Frame<'_>) -> Result<(), CallError> {
        send(&self.courier, &user.inbox_group(), frame).await
    }
}
