//! Writes whose outcome is unknown: the connection broke, or the store took too long.

use super::super::history;
use super::super::{Conversation, ConversationState};
use super::pending::{Pending, Stored};
use crate::store::{Store, StoreError, Version};

/// One such write, or several that expected the same head and so exclude each other.
pub(super) struct UncertainWrite {
    /// The version of the head that the write replaces.
    expected: Option<Version>,
    generation: u64,
    first: u64,
    last: u64,
    overdue: Vec<u64>,
    unanswered: Vec<u64>,
}

impl UncertainWrite {
    pub(super) fn note(
        uncertain: &mut Option<Self>,
        state: &ConversationState,
        attempted: &Stored,
    ) {
        let messages = &attempted.messages;
        let (Some(first), Some(last)) = (messages.first(), messages.last()) else {
            return;
        };
        let before = uncertain.as_ref().map_or(0, |write| write.last);
        *uncertain = Some(Self {
            expected: state.head_version().cloned(),
            generation: attempted.generation,
            first: first.seq,
            last: last.seq.max(before),
            overdue: attempted.overdue.clone(),
            unanswered: attempted.unanswered.clone(),
        });
    }

    /// While the head has the version that the write expects, the write may still arrive.
    pub(super) fn may_still_land(&self, state: &ConversationState) -> bool {
        self.expected.as_ref() == state.head_version()
    }

    /// A batch is written whole or not at all. Trusts what the store holds: nobody can tell
    /// which attempt succeeded.
    pub(super) async fn find_committed(
        &self,
        store: &dyn Store,
        conversation: &Conversation,
        batch: &[Pending],
    ) -> Result<Option<Stored>, StoreError> {
        let numbers = self.first..=self.last;
        let found = history::messages(store, conversation, self.generation, numbers).await?;
        let own = |pending: &Pending| {
            let found = found.iter().find(|m| m.uuid == pending.draft.uuid);
            found.cloned()
        };
        let messages: Option<Vec<_>> = batch.iter().map(own).collect();
        Ok(messages.map(|messages| Stored {
            generation: self.generation,
            messages,
            overdue: self.overdue.clone(),
            unanswered: self.unanswered.clone(),
        }))
    }
}
