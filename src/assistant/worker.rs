//! Taking a question from the queue.
//!
//! A message of the queue names a question, but the oldest of its chat comes first: the chat has
//! one answer under way, and the others wait in order. When an answer is done, its worker puts the
//! next question on the queue, so the messages that came meanwhile are not needed. A worker that
//! dies is followed by the next delivery of its own message.

use super::finish::{Ended, Job};
use super::run::CLAIM_TIME;
use super::{Assistant, Failure, TaskError};
use crate::conversation::question::claim::{self, Claim};
use crate::conversation::question::{Task, answer_key};
use crate::conversation::{Conversation, ConversationState, chat};
use crate::ids::target::ChatId;
use crate::store::conflicts::Conflicts;
use crate::store::{Record, Write};

/// After so many the question has no answer.
const MAX_RUNS: u32 = 5;

/// What is to be done about the oldest question of a chat.
enum Turn {
    /// Nobody waits, or somebody else sees to it.
    Nothing,
    Answer(Job),
    /// It ends without another run.
    End(Job, Ended),
}

impl Assistant {
    /// Carries out a task that was taken `dequeue_count` times.
    pub async fn carry_out(&self, task: &Task, dequeue_count: u32) -> Result<(), TaskError> {
        let Task::Answer {
            conversation,
            generation,
            question,
        } = task
        else {
            return Err(TaskError::Invalid("it names no question"));
        };
        let conversation = Conversation::of_group(conversation);
        let Some(conversation @ Conversation::Chat(_)) = conversation else {
            return Err(TaskError::Invalid("it names no chat"));
        };
        let Conversation::Chat(chat) = &conversation else {
            return Ok(());
        };
        let (job, ended) = match self.next(chat, *generation, *question).await? {
            Turn::Nothing => {
                // The worker before this one may have died after its write.
                if dequeue_count > 1 {
                    self.send_again(chat, *generation, *question).await?;
                }
                return Ok(());
            }
            Turn::End(job, ended) => (job, ended),
            Turn::Answer(job) => {
                let ended = self.run(&job).await?;
                (job, ended)
            }
        };
        if ended == Ended::Lost {
            return Ok(());
        }
        self.finish(&job, ended).await?;
        self.queue_next(&job).await
    }

    /// Claims the oldest question of the chat.
    async fn next(&self, chat: &ChatId, generation: u64, named: u64) -> Result<Turn, TaskError> {
        let conversation = Conversation::Chat(chat.clone());
        let mut conflicts = Conflicts::default();
        loop {
            let state = ConversationState::read(&*self.store, &conversation).await?;
            if state.head.generation != generation || chat::existing(&state).is_err() {
                return Ok(Turn::Nothing);
            }
            let Some(question) = state.head.questions.first().map(|first| first.seq) else {
                return Ok(Turn::Nothing);
            };
            let found = claim::read(&*self.store, &conversation, generation, question).await?;
            if let Some((claim, _)) = &found
                && claim.is_live(self.clock.now())
            {
                return match question == named {
                    true => Err(TaskError::Claimed),
                    false => Ok(Turn::Nothing),
                };
            }
            let job = |run| Job {
                chat: chat.clone(),
                conversation: conversation.clone(),
                generation,
                question,
                run,
            };
            let run = found.as_ref().map_or(0, |(claim, _)| claim.run);
            if let Some((claim, _)) = &found
                && claim.cancelled
            {
                return Ok(Turn::End(job(run), cancelled(&claim.text)));
            }
            if run >= MAX_RUNS {
                let ended = Ended::Failed(Failure::Unavailable);
                return Ok(Turn::End(job(run), ended));
            }
            // The head is written as it is: if the chat is deleted or the question answered
            // meanwhile, this write fails.
            let claim = self.claim(run + 1);
            let writes = vec![
                state.write_head(&state.head)?,
                write_claim(generation, question, found, &claim)?,
            ];
            match self.store.write(&conversation.partition(), writes).await {
                Ok(()) => return Ok(Turn::Answer(job(run + 1))),
                Err(error) => self.retry_after(&mut conflicts, error).await?,
            }
        }
    }

    fn claim(&self, run: u32) -> Claim {
        Claim {
            run,
            until: self.clock.now() + CLAIM_TIME,
            cancelled: false,
            index: None,
            text: String::new(),
        }
    }

    /// If this fails, the message of the answered question is shown again and brings the next.
    async fn queue_next(&self, job: &Job) -> Result<(), TaskError> {
        let state = ConversationState::read(&*self.store, &job.conversation).await?;
        let next = state.head.questions.first();
        let Some(next) = next.filter(|_| state.head.generation == job.generation) else {
            return Ok(());
        };
        let task = Task::answer(&job.conversation, job.generation, next.seq);
        match self.outbox.put_task(&task).await {
            true => Ok(()),
            false => Err(TaskError::Next),
        }
    }

    /// Sends an answer again whose worker died after it had stored it.
    async fn send_again(
        &self,
        chat: &ChatId,
        generation: u64,
        question: u64,
    ) -> Result<(), TaskError> {
        let conversation = Conversation::Chat(chat.clone());
        let key = answer_key(generation, question);
        let Some(message) = self.log.find(&conversation, generation, &key).await? else {
            return Ok(());
        };
        if self
            .log
            .resend_if_unsent(&conversation, generation, &message)
            .await?
        {
            let run = 0;
            let chat = chat.clone();
            let job = Job {
                chat,
                conversation,
                generation,
                question,
                run,
            };
            self.send_done(&job, &message).await;
        }
        Ok(())
    }
}

/// What a worker that died had written is the answer.
fn cancelled(text: &str) -> Ended {
    if text.is_empty() {
        return Ended::Failed(Failure::Cancelled);
    }
    Ended::Answered {
        text: text.to_owned(),
        cancelled: true,
        truncated: false,
    }
}

fn write_claim(
    generation: u64,
    question: u64,
    before: Option<(Claim, Record)>,
    claim: &Claim,
) -> Result<Write, TaskError> {
    Ok(match before {
        Some((_, record)) => Write::replace(record.key, record.version, claim)?,
        None => Write::insert(claim::key(generation, question), claim)?,
    })
}
