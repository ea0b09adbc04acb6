//! Who may do what only some may. Each is a proof: a handler that takes one needs no check.

use http::HeaderMap;

use super::{Caller, CallerError, Callers};
use crate::problem::Problem;
use crate::user_id::UserId;

const PUBLISHER: &str = "publisher";
const ADMINISTRATOR: &str = "admin";

/// May post and send for others: a back end with the API token, or somebody whose roles say so.
#[derive(Debug, Clone)]
pub struct Publisher {
    /// `None` for a back end.
    user: Option<UserId>,
}

/// May set up rooms and put people out of them.
#[derive(Debug, Clone)]
pub struct Administrator(Publisher);

impl Publisher {
    pub async fn from_headers(callers: &Callers, headers: &HeaderMap) -> Result<Self, Problem> {
        Self::with(callers, headers, &[PUBLISHER, ADMINISTRATOR]).await
    }

    /// Whose calls are told apart from others': the user, or the one back end that there is.
    pub fn name(&self) -> &str {
        self.user.as_ref().map_or("", UserId::as_str)
    }

    async fn with(
        callers: &Callers,
        headers: &HeaderMap,
        rights: &[&str],
    ) -> Result<Self, Problem> {
        let caller = callers.identify(headers, None).await;
        match caller.map_err(|error| Problem::from_caller(error, None))? {
            Caller::Backend(_) => Ok(Self { user: None }),
            Caller::SignedIn(sign_in) if rights.iter().any(|r| sign_in.has_right(r)) => Ok(Self {
                user: Some(sign_in.user().clone()),
            }),
            Caller::SignedIn(_) => Err(Problem::forbidden(format!(
                "this takes the API token, or a sign-in whose roles hold `{}`",
                rights[0]
            ))),
            Caller::Anonymous(_) => Err(Problem::from_caller(CallerError::Unauthenticated, None)),
        }
    }
}

impl Administrator {
    pub async fn from_headers(callers: &Callers, headers: &HeaderMap) -> Result<Self, Problem> {
        let admin = Publisher::with(callers, headers, &[ADMINISTRATOR]).await?;
        Ok(Self(admin))
    }

    pub fn name(&self) -> &str {
        self.0.name()
    }
}
