//! Messages that were stored before: by an earlier try, perhaps of another instance.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::super::keys::{self, DedupKey};
use super::super::message::Message;
use super::super::{Conversation, ConversationError, ConversationState};
use super::lane::{Sent, Waiting};
use super::{Appended, Outcome, Shared};
use crate::store::StoreError;

/// That a message with this id was stored.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) seq: u64,
    pub(super) uuid: Uuid,
}

/// Who of a batch said something that was stored before, and what it became.
pub(super) struct Repeat {
    index: usize,
    message: Message,
    generation: u64,
    unsent: bool,
}

impl Shared {
    /// Where there is one repeat there are often more, as after a crash: so all are looked for, from
    /// the first that is known on.
    pub(super) async fn find_repeats(
        &self,
        conversation: &Conversation,
        top: &ConversationState,
        batch: &[Waiting],
        first: usize,
    ) -> Result<Vec<Repeat>, StoreError> {
        let looked = batch
            .iter()
            .enumerate()
            .skip(first)
            .map(|(index, waiting)| async move {
                let marker = &waiting.draft.marker;
                let message = self.find(conversation, top.head.generation, marker).await?;
                Ok::<_, StoreError>(message.map(|message| Repeat {
                    index,
                    generation: top.head.generation,
                    unsent: top.head.is_unsent(message.seq),
                    message,
                }))
            });
        Ok(try_join_all(looked).await?.into_iter().flatten().collect())
    }

    async fn find(
        &self,
        conversation: &Conversation,
        generation: u64,
        marker: &DedupKey,
    ) -> Result<Option<Message>, StoreError> {
        let partition = conversation.partition();
        let key = keys::marker(generation, marker);
        let Some(mark) = self.store.get(&partition, &key).await? else {
            return Ok(None);
        };
        let Mark { seq, .. } = mark.read()?;
        let key = keys::message(generation, seq);
        let record = self.store.get(&partition, &key).await?;
        Ok(record.map(|record| record.read()).transpose()?)
    }
}

/// Answers who repeated something, and leaves the others.
pub(super) fn take_out(
    batch: &mut Vec<Waiting>,
    repeats: Vec<Repeat>,
    sent: &BTreeSet<Sent>,
    answered: &mut Vec<(Waiting, Result<Outcome, ConversationError>)>,
) {
    // From the end, so that the others stay where they are.
    for repeat in repeats.into_iter().rev() {
        let Repeat {
            index,
            message,
            generation,
            unsent,
        } = repeat;
        let seq = message.seq;
        let outcome = Outcome {
            appended: Appended {
                message,
                duplicate: true,
            },
            generation,
            unsent: unsent && !sent.contains(&Sent { generation, seq }),
        };
        answered.push((batch.remove(index), Ok(outcome)));
    }
}
