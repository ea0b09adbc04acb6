//! Stopping an answer: the claim is marked, and the worker sees that with its next write.

use jiff::Timestamp;
use uuid::Uuid;

use super::Assistant;
use crate::conversation::chat::{self, ChatGuard};
use crate::conversation::question::claim::{self, Claim};
use crate::conversation::question::{OpenQuestion, answer_id};
use crate::conversation::{Author, Conversation, ConversationError, ConversationState};
use crate::ids::user_id::UserId;
use crate::store::Write;
use crate::store::conflicts::Conflicts;

/// The connection that wants an answer to stop.
#[derive(Debug)]
pub struct Canceller {
    pub author: Author,
    pub user: UserId,
    pub is_anonymous: bool,
    pub connection: String,
}

impl Canceller {
    fn may_cancel(&self, question: &OpenQuestion, guard: &ChatGuard) -> bool {
        guard.owner == self.user
            || question.was_asked_by(&self.user, self.is_anonymous, &self.connection)
    }
}

impl Assistant {
    /// Marks the answer `message_id` as cancelled. The asker and the chat's owner may do that.
    pub async fn cancel(
        &self,
        conversation: &Conversation,
        message_id: Uuid,
        canceller: &Canceller,
    ) -> Result<(), ConversationError> {
        const OVER: ConversationError =
            ConversationError::NotFound("there is no such answer, or it is over");
        let store = &*self.store;
        let mut conflicts = Conflicts::default();
        loop {
            let state = ConversationState::read(store, conversation).await?;
            canceller.author.can_read(&state)?;
            let guard = chat::existing(&state)?;
            let generation = state.head.generation;
            let is_this = |question: &&OpenQuestion| {
                answer_id(conversation, generation, question.seq) == message_id
            };
            let question = state.head.questions.iter().find(is_this).ok_or(OVER)?;
            if !canceller.may_cancel(question, &guard) {
                return Err(ConversationError::Forbidden(
                    "only the asker and the chat's owner may do that",
                ));
            }
            let writes = match claim::read(store, conversation, generation, question.seq).await? {
                Some((claim, _)) if claim.cancelled => return Ok(()),
                Some((claim, record)) => {
                    let claim = Claim {
                        cancelled: true,
                        ..claim
                    };
                    vec![Write::replace(record.key, record.version, &claim)?]
                }
                // Nobody has claimed it. The head makes sure that nobody answers it meanwhile.
                None => {
                    let claim = Claim {
                        run: 0,
                        until: Timestamp::UNIX_EPOCH,
                        cancelled: true,
                        index: None,
                        text: String::new(),
                    };
                    let key = claim::key(generation, question.seq);
                    vec![state.write_head(&state.head)?, Write::insert(key, &claim)?]
                }
            };
            match store.write(&conversation.partition(), writes).await {
                Ok(()) => return Ok(()),
                Err(error) => conflicts.retry_after(error).await?,
            }
        }
    }
}
