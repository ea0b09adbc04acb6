//! The answer to one question outside every chat, for `POST /api/chat`.

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;
use tokio::time::timeout;

use super::budget::{BudgetError, Subject};
use super::run::ask_patiently;
use super::{Assistant, Failure};
use crate::azure::openai::{Event, OpenAiError, Role, Turn};

const MAX_TIME: Duration = Duration::from_secs(60);

/// What the caller said, as JSON, so that neither can pass for a turn of its own.
#[derive(Serialize)]
struct Asked<'a> {
    text: &'a str,
    #[serde(skip_serializing_if = "Value::is_null")]
    context: &'a Value,
}

impl Assistant {
    /// `caller` is a hash, by which the caller's tokens are counted.
    pub async fn reply(
        &self,
        caller: &str,
        message: &str,
        context: &Value,
    ) -> Result<String, Failure> {
        let asked = Asked {
            text: message,
            context,
        };
        let turns = [
            Turn {
                role: Role::System,
                content: self.prompt.clone(),
            },
            Turn {
                role: Role::User,
                content: serde_json::to_string(&asked).unwrap_or_default(),
            },
        ];
        let subjects = [Subject::User(caller.to_owned())];
        let reservation = self
            .reserve(&subjects, &turns)
            .await
            .map_err(|error| match error {
                BudgetError::Spent => Failure::BudgetSpent,
                BudgetError::Store(_) | BudgetError::Write(_) => {
                    log(&error);
                    Failure::Unavailable
                }
            })?;
        let (answer, used) = match timeout(MAX_TIME, self.answer(&turns)).await {
            Ok(Ok(answered)) => answered,
            Ok(Err(error)) => {
                log(&error);
                return Err(Failure::from(&error));
            }
            Err(_) => {
                log(&OpenAiError::TooLong);
                return Err(Failure::Unavailable);
            }
        };
        if let Some(used) = used {
            self.budget.settle(reservation, used).await;
        }
        Ok(answer)
    }

    /// The whole answer, and the tokens that it took.
    async fn answer(&self, turns: &[Turn]) -> Result<(String, Option<u64>), OpenAiError> {
        let model = self.model.as_ref().ok_or(OpenAiError::Malformed)?;
        let mut answer = ask_patiently(model, turns).await?;
        let (mut text, mut used, mut is_finished) = (String::new(), None, false);
        while let Some(event) = answer.next().await? {
            match event {
                Event::Text(more) => text.push_str(&more),
                Event::Finished(_) => is_finished = true,
                Event::Usage(tokens) => used = Some(tokens),
            }
        }
        if is_finished && !text.is_empty() {
            Ok((text, used))
        } else {
            Err(OpenAiError::Broken(None))
        }
    }
}

fn log(error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(error, "a question has no answer");
}
