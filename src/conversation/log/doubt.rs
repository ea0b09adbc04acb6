//! Writes whose outcome is not known: the connection broke, or the store took too long.

use super::super::history;
use super::lane::Waiting;
use super::write::Made;
use super::{Conversation, Shared};
use crate::conversation::ConversationState;
use crate::store::{StoreError, Version};

/// One such write, or several that expected to find the same and so exclude each other.
pub(super) struct InDoubt {
    /// The head that it replaces.
    expected: Option<Version>,
    generation: u64,
    first: u64,
    last: u64,
    overdue: Vec<u64>,
}

impl InDoubt {
    pub(super) fn note(doubt: &mut Option<Self>, top: &ConversationState, made: &Made) {
        let (Some(first), Some(last)) = (made.messages.first(), made.messages.last()) else {
            return;
        };
        let before = doubt.as_ref().map_or(0, |doubt| doubt.last);
        *doubt = Some(Self {
            expected: top.head_version().cloned(),
            generation: made.generation,
            first: first.seq,
            last: last.seq.max(before),
            overdue: made.overdue.clone(),
        });
    }

    /// While the head is what the write expects, it may be on its way.
    pub(super) fn may_come_yet(&self, top: &ConversationState) -> bool {
        self.expected.as_ref() == top.head_version()
    }
}

impl Shared {
    /// A batch is written whole or not at all. What is there counts, not what was meant to be:
    /// of several tries nobody knows which one it was.
    pub(super) async fn was_done(
        &self,
        conversation: &Conversation,
        batch: &[Waiting],
        doubt: &InDoubt,
    ) -> Result<Option<Made>, StoreError> {
        let numbers = doubt.first..=doubt.last;
        let there = history::messages(&*self.store, conversation, doubt.generation, numbers);
        let there = there.await?;
        let mine = |waiting: &Waiting| there.iter().find(|m| m.uuid == waiting.draft.uuid).cloned();
        let messages: Option<Vec<_>> = batch.iter().map(mine).collect();
        Ok(messages.map(|messages| Made {
            generation: doubt.generation,
            messages,
            overdue: doubt.overdue.clone(),
        }))
    }
}
