//! The assistant: it answers questions that people ask in chats.
//!
//! `conversation/question` notes which messages ask, and puts each on the queue. From there
//! `worker` takes one, claims it and answers it in `run`: the model's words go to the chat's group
//! as they come, and once a second into the claim, where late joiners find them. `finish` stores
//! the answer, or that there is none, in the write that ends the claim.
//!
//! A worker may be killed at any time. Its claim runs out after ten seconds, and the queue shows
//! the question to another one, which begins again under the next run number.

mod budget;
mod cancel;
mod context;
#[cfg(feature = "dev")]
mod demo;
mod error;
mod finish;
pub mod frames;
mod model;
mod progress;
mod reply;
mod run;
mod worker;

use std::sync::Arc;

use crate::azure::courier::Courier;
use crate::azure::openai::OpenAiError;
use crate::clock::Clock;
use crate::config::AssistantConfig;
use crate::conversation::log::MessageLog;
use crate::conversation::outbox::Outbox;
use crate::store::Store;
use budget::Budget;

pub use cancel::Canceller;
pub use error::{Failure, TaskError};
pub use model::Model;
pub use progress::AnswerProgress;

/// The model may write so many tokens.
const MAX_TOKENS: u32 = 4096;

/// Answers questions, if there is a model and a queue.
#[derive(Debug)]
pub struct Assistant {
    model: Option<Model>,
    prompt: String,
    name: String,
    admits_anonymous: bool,
    budget: Budget,
    store: Arc<dyn Store>,
    log: MessageLog,
    courier: Courier,
    outbox: Outbox,
    clock: Clock,
}

impl Assistant {
    pub fn new(
        config: &AssistantConfig,
        model: Option<Model>,
        store: Arc<dyn Store>,
        log: MessageLog,
        courier: Courier,
        outbox: Outbox,
        clock: Clock,
    ) -> Self {
        let budget = Budget::new(
            store.clone(),
            clock.clone(),
            config.daily_tokens.map(u64::from),
            config.total_daily_tokens.map(u64::from),
        );
        // In `dev` nobody pays for an answer.
        let is_demo = model.as_ref().is_some_and(Model::is_demo);
        Self {
            admits_anonymous: config.admits_anonymous || is_demo,
            model,
            prompt: config.prompt.clone(),
            name: config.name.clone(),
            budget,
            store,
            log,
            courier,
            outbox,
            clock,
        }
    }

    /// Whether questions in chats are answered.
    pub fn is_available(&self) -> bool {
        self.model.is_some() && self.outbox.tasks().is_some()
    }

    /// Whether `POST /api/chat` is answered by a real model.
    pub fn replies(&self) -> bool {
        self.model.as_ref().is_some_and(|model| !model.is_demo())
    }

    pub fn admits(&self, is_anonymous: bool) -> bool {
        self.admits_anonymous || !is_anonymous
    }

    /// Checks that the model can be asked, without asking it.
    pub async fn check(&self) -> Result<(), OpenAiError> {
        match &self.model {
            Some(model) => model.check().await,
            None => Ok(()),
        }
    }
}
