//! The end of an answer: it is stored and sent, or its failure is. Either is one write, which also
//! forgets the question and ends the claim.

use serde::Serialize;
use tokio::time::timeout;
use uuid::Uuid;

use super::frames::Frame;
use super::{Assistant, Failure, TaskError};
use crate::azure::web_pubsub::TIMEOUT;
use crate::conversation::message::{Draft, Message};
use crate::conversation::question::claim::{self, Claim};
use crate::conversation::question::{Answering, answer_id, answer_key};
use crate::conversation::{Author, Conversation, ConversationError, ConversationState};
use crate::ids::target::ChatId;
use crate::ids::user_id::UserId;
use crate::store::conflicts::Conflicts;
use crate::store::{Record, StoreError, Write, WriteError};

/// A cancellation may come between the last look at the claim and the write.
const MAX_TRIES: usize = 3;

/// The question that a worker answers.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) chat: ChatId,
    pub(super) conversation: Conversation,
    pub(super) generation: u64,
    pub(super) question: u64,
    pub(super) run: u32,
}

impl Job {
    pub(super) fn message_id(&self) -> Uuid {
        answer_id(&self.conversation, self.generation, self.question)
    }
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Ended {
    Answered {
        text: String,
        cancelled: bool,
        truncated: bool,
    },
    Failed(Failure),
    /// Another worker took the question over, or the chat is gone.
    Lost,
}

impl Assistant {
    pub(super) async fn finish(&self, job: &Job, ended: Ended) -> Result<(), TaskError> {
        match ended {
            Ended::Answered {
                text,
                cancelled,
                truncated,
            } => {
                let stored = self.store_answer(job, &text, cancelled, truncated).await?;
                if let Some(message) = stored {
                    self.send_done(job, &message).await;
                }
            }
            Ended::Failed(failure) => {
                if self.close(job).await? {
                    self.send_failed(job, failure).await;
                }
            }
            Ended::Lost => {}
        }
        Ok(())
    }

    /// Stores the answer and sends it. `None` if the question is no longer ours.
    async fn store_answer(
        &self,
        job: &Job,
        text: &str,
        cancelled: bool,
        truncated: bool,
    ) -> Result<Option<Message>, TaskError> {
        let mut tries = 0;
        loop {
            let Some((_, record)) = self.own_claim(job).await? else {
                return Ok(None);
            };
            let answering = Answering {
                question: job.question,
                claim: record.version,
                generation: job.generation,
                cancelled,
                truncated,
            };
            tries += 1;
            match self
                .log
                .append(&job.conversation, self.draft(job, text, answering))
                .await
            {
                Ok(posted) => return Ok(Some(posted.message)),
                Err(ConversationError::NotFound(_)) => return Ok(None),
                Err(ConversationError::Unavailable(_)) if tries < MAX_TRIES => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    fn draft(&self, job: &Job, text: &str, answering: Answering) -> Draft {
        Draft {
            uuid: job.message_id(),
            content: text.to_owned(),
            client_id: None,
            author: Author::Publisher(job.conversation.clone()),
            sender: UserId::assistant(),
            sender_name: self.name.clone(),
            attachment: None,
            dedup_key: answer_key(job.generation, job.question),
            join: None,
            asking: None,
            answering: Some(answering),
        }
    }

    /// Forgets the question without an answer. `false` if it is no longer ours.
    async fn close(&self, job: &Job) -> Result<bool, TaskError> {
        let mut conflicts = Conflicts::default();
        loop {
            let state = ConversationState::read(&*self.store, &job.conversation).await?;
            let mut head = state.head.clone();
            if head.generation != job.generation || !head.questions.close(job.question) {
                return Ok(false);
            }
            let Some((_, record)) = self.own_claim(job).await? else {
                return Ok(false);
            };
            let writes = vec![state.write_head(&head)?, Write::delete(record)];
            match self
                .store
                .write(&job.conversation.partition(), writes)
                .await
            {
                Ok(()) => return Ok(true),
                Err(error) => self.retry_after(&mut conflicts, error).await?,
            }
        }
    }

    /// The claim, if it is this run's.
    pub(super) async fn own_claim(&self, job: &Job) -> Result<Option<(Claim, Record)>, StoreError> {
        let (generation, question) = (job.generation, job.question);
        let claim = claim::read(&*self.store, &job.conversation, generation, question).await?;
        Ok(claim.filter(|(claim, _)| claim.run == job.run))
    }

    pub(super) async fn retry_after(
        &self,
        conflicts: &mut Conflicts,
        error: WriteError,
    ) -> Result<(), WriteError> {
        if matches!(error, WriteError::Conflict { .. }) {
            self.log.count_lost_race();
        }
        conflicts.retry_after(error).await
    }

    pub(super) async fn send_done(&self, job: &Job, message: &Message) {
        let frame = Frame::Done {
            chat_id: &job.chat,
            message_id: message.uuid,
            seq: message.seq,
        };
        self.send(job, &frame).await;
    }

    async fn send_failed(&self, job: &Job, error: Failure) {
        let frame = Frame::Failed {
            chat_id: &job.chat,
            message_id: job.message_id(),
            run: job.run,
            error,
        };
        self.send(job, &frame).await;
    }

    /// A frame that does not go out is not repeated: the stored answer counts.
    pub(super) async fn send(&self, job: &Job, frame: &impl Serialize) {
        let group = job.conversation.group();
        match timeout(TIMEOUT, self.courier.to_group(&group, frame)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "{group} missed a frame of the assistant"
            ),
            Err(_) => tracing::warn!("{group} missed a frame of the assistant: no answer in time"),
        }
    }
}
