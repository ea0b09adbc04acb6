//! The models that can answer.

use std::sync::Arc;

#[cfg(feature = "dev")]
use super::demo::{Demo, DemoAnswer};
use crate::azure::openai::{AzureOpenAi, Completion, Event, OpenAiError, Turn};

#[derive(Debug)]
pub enum Model {
    AzureOpenAi(Arc<AzureOpenAi>),
    /// Only in `dev`: a published binary does not contain it.
    #[cfg(feature = "dev")]
    Demo,
}

/// An answer while it streams in.
#[derive(Debug)]
pub(super) enum Answer {
    AzureOpenAi(Completion),
    #[cfg(feature = "dev")]
    Demo(DemoAnswer),
}

impl Model {
    pub(super) fn is_demo(&self) -> bool {
        match self {
            Self::AzureOpenAi(_) => false,
            #[cfg(feature = "dev")]
            Self::Demo => true,
        }
    }

    pub(super) async fn ask(&self, turns: &[Turn], max_tokens: u32) -> Result<Answer, OpenAiError> {
        match self {
            Self::AzureOpenAi(service) => Ok(Answer::AzureOpenAi(
                service.complete(turns, max_tokens).await?,
            )),
            #[cfg(feature = "dev")]
            Self::Demo => Demo::answer(turns).map(Answer::Demo),
        }
    }

    pub(super) async fn check(&self) -> Result<(), OpenAiError> {
        match self {
            Self::AzureOpenAi(service) => service.check().await,
            #[cfg(feature = "dev")]
            Self::Demo => Ok(()),
        }
    }
}

impl Answer {
    /// The next part; `None` at the end.
    pub(super) async fn next(&mut self) -> Result<Option<Event>, OpenAiError> {
        match self {
            Self::AzureOpenAi(completion) => completion.next().await,
            #[cfg(feature = "dev")]
            Self::Demo(answer) => answer.next().await,
        }
    }
}
