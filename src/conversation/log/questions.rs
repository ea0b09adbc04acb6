//! Which messages of a batch ask the assistant, and putting them on its queue.

use futures_util::future::join_all;
use jiff::Timestamp;

use super::super::question::{OpenQuestions, Task, claim};
use super::super::{Conversation, ConversationState, chat};
use super::context::Context;
use super::pending::Pending;

/// Decides which drafts ask. Returns the positions of those that must not be stored, because
/// their senders said that they ask and too many questions wait.
pub(super) fn decide(batch: &mut [Pending], state: &ConversationState) -> Vec<usize> {
    let mut refused = Vec::new();
    if batch.iter().all(|pending| pending.draft.asking.is_none()) {
        return refused;
    }
    let mut open: OpenQuestions = state.head.questions.clone();
    let is_assistants = chat::existing(state).is_ok_and(|guard| guard.assistant);
    for (position, pending) in batch.iter_mut().enumerate() {
        pending.asks = false;
        let draft = &pending.draft;
        let Some(asking) = &draft.asking else {
            continue;
        };
        if !asking.is_explicit && !is_assistants {
            continue;
        }
        if open.admits(&draft.sender) {
            pending.asks = true;
            open.note(0, Timestamp::UNIX_EPOCH, &draft.sender, asking);
        } else if asking.is_explicit {
            refused.push(position);
        }
    }
    refused
}

/// Puts new questions on the queue, which happens beside the delivery of their messages. A failed
/// put is made good by the next message in the conversation.
pub(super) async fn queue(
    context: &Context,
    conversation: &Conversation,
    generation: u64,
    questions: impl IntoIterator<Item = u64>,
) {
    let puts = questions.into_iter().map(|question| async move {
        let task = Task::answer(conversation, generation, question);
        context.outbox.put_task(&task).await
    });
    join_all(puts).await;
}

/// Puts questions on the queue that wait for long, except those that somebody answers now.
pub(super) async fn requeue(
    context: &Context,
    conversation: &Conversation,
    generation: u64,
    questions: &[u64],
) {
    let now = context.clock.now();
    let store = &*context.store;
    let reads = questions.iter().map(|question| async move {
        let claim = claim::read(store, conversation, generation, *question).await;
        // A message too many does no harm.
        let is_live = matches!(&claim, Ok(Some((claim, _))) if claim.is_live(now));
        (!is_live).then_some(*question)
    });
    let waiting = join_all(reads).await.into_iter().flatten();
    queue(context, conversation, generation, waiting).await;
}
