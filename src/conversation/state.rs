//! Guard and head of a conversation, as one read finds them.

use serde::de::DeserializeOwned;

use super::head::Head;
use super::{Conversation, keys};
use crate::store::{BadRecord, Record, Store, StoreError, Version, Write};

/// What decides about a conversation at this moment.
#[derive(Debug, Clone)]
pub struct ConversationState {
    pub guard: Option<Record>,
    pub head: Head,
    head_version: Option<Version>,
}

impl ConversationState {
    pub async fn read(store: &dyn Store, conversation: &Conversation) -> Result<Self, StoreError> {
        let records = store
            .range(&conversation.partition(), keys::guard_and_head(), 2)
            .await?;
        let mut state = Self {
            guard: None,
            head: Head::default(),
            head_version: None,
        };
        for record in records {
            if record.key == keys::HEAD {
                state.head = record.read()?;
                state.head_version = Some(record.version);
            } else {
                state.guard = Some(record);
            }
        }
        Ok(state)
    }

    /// The guard as what it is; `None` where there never was one.
    pub fn guard<G: DeserializeOwned>(&self) -> Result<Option<G>, BadRecord> {
        self.guard.as_ref().map(Record::read).transpose()
    }

    /// `None` before the first message.
    pub(super) fn head_version(&self) -> Option<&Version> {
        self.head_version.as_ref()
    }

    /// The state after a write of this head, if the store returned the new version.
    pub(super) fn after(self, head: Head, version: Option<&Version>) -> Option<Self> {
        Some(Self {
            head,
            head_version: Some(version?.clone()),
            ..self
        })
    }

    /// Moves the head on, from just where it was read.
    pub fn write_head(&self, head: &Head) -> Result<Write, StoreError> {
        match &self.head_version {
            Some(version) => Write::replace(keys::HEAD, version.clone(), head),
            None => Write::insert(keys::HEAD, head),
        }
    }

    /// Changes the guard, and moves the head in the same write: a message under way that was
    /// authorised by the old guard conflicts, and is decided again.
    pub(super) fn change_guard(
        &self,
        guard: &impl serde::Serialize,
        head: &Head,
    ) -> Result<Vec<Write>, StoreError> {
        Ok(vec![self.write_guard(guard)?, self.write_head(head)?])
    }

    /// Replaces the guard alone, where the change decides nothing.
    pub(super) fn write_guard(&self, guard: &impl serde::Serialize) -> Result<Write, StoreError> {
        match &self.guard {
            Some(record) => Write::replace(keys::GUARD, record.version.clone(), guard),
            None => Write::insert(keys::GUARD, guard),
        }
    }
}
