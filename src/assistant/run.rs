//! One run of an answer: the model's words become deltas, and once a second the claim is written
//! with the text so far.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use super::budget::{BudgetError, Reservation, Subject};
use super::context::{MAX_EARLIER, estimated_tokens, turns};
use super::finish::{Ended, Job};
use super::frames::Frame;
use super::model::{Answer, Model};
use super::{Assistant, Failure, MAX_TOKENS, TaskError};
use crate::azure::openai::{Event, Finish, OpenAiError, Turn, patiently};
use crate::conversation::history;
use crate::conversation::question::claim::Claim;
use crate::store::{Write, WriteError};

/// At most five deltas a second.
const DELTA_INTERVAL: Duration = Duration::from_millis(200);
const BEAT_INTERVAL: Duration = Duration::from_secs(1);
/// How far ahead of now a claim runs out.
pub(super) const CLAIM_TIME: SignedDuration = SignedDuration::from_secs(10);
/// A longer answer is cut.
const MAX_TIME: SignedDuration = SignedDuration::from_secs(120);
const MAX_CHARACTERS: usize = 32_000;

/// The answer so far.
#[derive(Debug, Default)]
struct Progress {
    text: String,
    characters: usize,
    /// How much of the text deltas hold, in bytes.
    sent: usize,
    /// How many deltas were sent.
    deltas: u64,
    /// No more text comes.
    is_over: bool,
    used_tokens: Option<u64>,
}

impl Progress {
    /// Returns whether there is room for more.
    fn push(&mut self, text: &str) -> bool {
        for character in text.chars() {
            if self.characters == MAX_CHARACTERS {
                return false;
            }
            self.text.push(character);
            self.characters += 1;
        }
        true
    }

    /// Begins a delta: its index and its text.
    fn next_delta(&mut self) -> Option<(u64, String)> {
        let text = self.text[self.sent..].to_owned();
        if text.is_empty() {
            return None;
        }
        let index = self.deltas;
        self.sent = self.text.len();
        self.deltas += 1;
        Some((index, text))
    }
}

/// How the model's answer ended.
enum Outcome {
    Complete,
    Truncated,
}

/// What a look at the claim shows.
enum Beat {
    Alive,
    Cancelled,
    TimeUp,
    Lost,
}

impl Assistant {
    /// Answers a question that is claimed.
    pub(super) async fn run(&self, job: &Job) -> Result<Ended, TaskError> {
        let deadline = self.clock.now() + MAX_TIME;
        let Some(model) = &self.model else {
            return Ok(Ended::Failed(Failure::Unavailable));
        };
        let frame = Frame::Started {
            chat_id: &job.chat,
            message_id: job.message_id(),
            run: job.run,
            reply_to: job.question,
        };
        self.send(job, &frame).await;
        let range = job.question.saturating_sub(MAX_EARLIER).max(1)..=job.question;
        let (store, conversation) = (&*self.store, &job.conversation);
        let messages = history::messages(store, conversation, job.generation, range).await?;
        let Some(question) = messages.last().filter(|last| last.seq == job.question) else {
            return Ok(Ended::Lost);
        };
        let turns = turns(&self.prompt, &messages);
        let subjects = [
            Subject::Chat(job.chat.to_string()),
            Subject::User(question.sender.group_hash()),
        ];
        let reservation = match self.reserve(&subjects, &turns).await {
            Ok(reservation) => reservation,
            Err(BudgetError::Spent) => return Ok(Ended::Failed(Failure::BudgetSpent)),
            Err(BudgetError::Store(error)) => return Err(error.into()),
            Err(BudgetError::Write(error)) => return Err(error.into()),
        };
        let progress = Mutex::new(Progress::default());
        let ended = self.stream(job, model, &turns, &progress, deadline).await;
        let used = lock(&progress).used_tokens;
        if let Some(used) = used {
            self.budget.settle(reservation, used).await;
        }
        Ok(ended)
    }

    pub(super) async fn reserve(
        &self,
        subjects: &[Subject],
        turns: &[Turn],
    ) -> Result<Reservation, BudgetError> {
        let tokens = estimated_tokens(turns) + u64::from(MAX_TOKENS);
        self.budget.reserve(subjects, tokens).await
    }

    async fn stream(
        &self,
        job: &Job,
        model: &Model,
        turns: &[Turn],
        progress: &Mutex<Progress>,
        deadline: Timestamp,
    ) -> Ended {
        let producing = async {
            let outcome = produce(model, turns, progress).await;
            lock(progress).is_over = true;
            outcome
        };
        // The last delta is sent before the answer is stored.
        let streaming = async { tokio::join!(producing, self.send_deltas(job, progress)).0 };
        let answered = |cancelled, truncated| Ended::Answered {
            text: lock(progress).text.clone(),
            cancelled,
            truncated,
        };
        let has_text = || !lock(progress).text.is_empty();
        tokio::select! {
            outcome = streaming => match outcome {
                Ok(Outcome::Complete) if has_text() => answered(false, false),
                Ok(Outcome::Truncated) if has_text() => answered(false, true),
                Ok(_) => Ended::Failed(Failure::Unavailable),
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "question {} of {} has no answer",
                        job.question,
                        job.conversation
                    );
                    Ended::Failed(Failure::from(&error))
                }
            },
            beat = self.keep_claim(job, progress, deadline) => match beat {
                Beat::Cancelled if has_text() => answered(true, false),
                Beat::Cancelled => Ended::Failed(Failure::Cancelled),
                Beat::TimeUp if has_text() => answered(false, true),
                Beat::TimeUp => Ended::Failed(Failure::Unavailable),
                Beat::Alive | Beat::Lost => Ended::Lost,
            },
        }
    }

    /// Sends new text until all of it is sent and no more comes.
    async fn send_deltas(&self, job: &Job, progress: &Mutex<Progress>) {
        loop {
            let next = sleep(DELTA_INTERVAL);
            let (delta, is_over) = {
                let mut progress = lock(progress);
                (progress.next_delta(), progress.is_over)
            };
            match delta {
                Some((index, text)) => {
                    let frame = Frame::Delta {
                        chat_id: &job.chat,
                        message_id: job.message_id(),
                        run: job.run,
                        index,
                        text: &text,
                    };
                    self.send(job, &frame).await;
                }
                None if is_over => return,
                None => {}
            }
            next.await;
        }
    }

    /// Writes the claim once a second. Returns when it is cancelled or lost, or the time is up.
    async fn keep_claim(&self, job: &Job, progress: &Mutex<Progress>, deadline: Timestamp) -> Beat {
        loop {
            sleep(BEAT_INTERVAL).await;
            if self.clock.now() >= deadline {
                return Beat::TimeUp;
            }
            match self.beat(job, progress).await {
                Ok(Beat::Alive) => {}
                Ok(beat) => return beat,
                // The next beat may succeed. If none does, the claim runs out.
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to keep the claim on question {} of {}",
                    job.question,
                    job.conversation
                ),
            }
        }
    }

    async fn beat(&self, job: &Job, progress: &Mutex<Progress>) -> Result<Beat, TaskError> {
        let Some((claim, record)) = self.own_claim(job).await? else {
            return Ok(Beat::Lost);
        };
        if claim.cancelled {
            return Ok(Beat::Cancelled);
        }
        let claim = {
            let progress = lock(progress);
            Claim {
                until: self.clock.now() + CLAIM_TIME,
                index: progress.deltas.checked_sub(1),
                text: progress.text[..progress.sent].to_owned(),
                ..claim
            }
        };
        let write = Write::replace(record.key, record.version, &claim)?;
        let partition = job.conversation.partition();
        match self.store.write(&partition, vec![write]).await {
            Ok(()) => Ok(Beat::Alive),
            // Somebody cancels, takes over or deletes: the next beat sees which.
            Err(WriteError::Conflict { .. }) => {
                self.log.count_lost_race();
                Ok(Beat::Alive)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Adds the model's words to the answer.
async fn produce(
    model: &Model,
    turns: &[Turn],
    progress: &Mutex<Progress>,
) -> Result<Outcome, OpenAiError> {
    let mut answer = ask_patiently(model, turns).await?;
    let mut finish = None;
    while let Some(event) = answer.next().await? {
        match event {
            Event::Text(text) => {
                if !lock(progress).push(&text) {
                    return Ok(Outcome::Truncated);
                }
            }
            Event::Finished(reason) => finish = Some(reason),
            Event::Usage(tokens) => lock(progress).used_tokens = Some(tokens),
        }
    }
    match finish {
        Some(Finish::Complete) => Ok(Outcome::Complete),
        Some(Finish::Length) => Ok(Outcome::Truncated),
        None => Err(OpenAiError::Broken(None)),
    }
}

/// Waits for a busy service.
pub(super) async fn ask_patiently(model: &Model, turns: &[Turn]) -> Result<Answer, OpenAiError> {
    patiently(|| model.ask(turns, MAX_TOKENS)).await
}

fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_cut_at_a_character_and_its_deltas_are_its_text() {
        let mut progress = Progress::default();
        let mut deltas = Vec::new();

        let mut has_room = true;
        while has_room {
            has_room = progress.push(&"é😀 ".repeat(700));
            deltas.extend(progress.next_delta());
        }

        assert_eq!(progress.text.chars().count(), MAX_CHARACTERS);
        assert_eq!(progress.next_delta(), None);
        let indexes: Vec<_> = deltas.iter().map(|(index, _)| *index).collect();
        assert_eq!(indexes, (0..deltas.len() as u64).collect::<Vec<_>>());
        let text: String = deltas.into_iter().map(|(_, text)| text).collect();
        assert_eq!(text, progress.text);
    }
}
