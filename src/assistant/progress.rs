//! How far the answer under way is, for those who join late.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::clock::Clock;
use crate::conversation::question::{answer_id, claim};
use crate::conversation::{Conversation, ConversationState};
use crate::store::{Store, StoreError};

/// An answer under way. A client drops deltas of this run up to `index`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AnswerProgress {
    #[schema(value_type = String)]
    message_id: Uuid,
    run: u32,
    /// The `seq` of the question.
    reply_to: u64,
    /// Of the last delta that `text` holds; -1 before the first.
    index: i64,
    text: String,
}

impl AnswerProgress {
    /// Of the answer under way, of which a conversation has one at most. Costs nothing where no
    /// question waits. Whoever asks must be allowed to read the conversation.
    pub async fn read(
        store: &dyn Store,
        clock: &Clock,
        conversation: &Conversation,
        state: &ConversationState,
    ) -> Result<Vec<Self>, StoreError> {
        let generation = state.head.generation;
        let Some(question) = state.head.questions.first() else {
            return Ok(Vec::new());
        };
        let claim = claim::read(store, conversation, generation, question.seq).await?;
        let claim = claim.map(|(claim, _)| claim);
        let live = claim.filter(|claim| claim.is_live(clock.now()));
        let progress = live.map(|claim| Self {
            message_id: answer_id(conversation, generation, question.seq),
            run: claim.run,
            reply_to: question.seq,
            index: claim.index.and_then(|n| n.try_into().ok()).unwrap_or(-1),
            text: claim.text,
        });
        Ok(progress.into_iter().collect())
    }
}
