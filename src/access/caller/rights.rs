//! Who may do what only some may. Each is a proof: a handler that takes one needs no check.

use axum::extract::FromRequestParts;
use http::HeaderMap;
use http::request::Parts;

use super::{Caller, CallerError, Callers};
use crate::app::AppState;
use crate::http::problem::Problem;
use crate::ids::user_id::UserId;

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
        let caller = caller.map_err(|error| Problem::from_caller(error, None))?;
        match (Self::of(&caller, rights), caller) {
            (Some(publisher), _) => Ok(publisher),
            (None, Caller::Anonymous(_)) => {
                Err(Problem::from_caller(CallerError::Unauthenticated, None))
            }
            (None, Caller::SignedIn(_) | Caller::Backend(_)) => Err(Problem::forbidden(format!(
                "this takes the API token, or a sign-in whose roles hold `{}`",
                rights[0]
            ))),
        }
    }

    fn of(caller: &Caller, rights: &[&str]) -> Option<Self> {
        match caller {
            Caller::Backend(_) => Some(Self { user: None }),
            Caller::SignedIn(sign_in) => {
                let has = rights.iter().any(|right| sign_in.has_right(right));
                has.then(|| Self {
                    user: Some(sign_in.user().clone()),
                })
            }
            Caller::Anonymous(_) => None,
        }
    }
}

impl Administrator {
    pub async fn from_headers(callers: &Callers, headers: &HeaderMap) -> Result<Self, Problem> {
        let admin = Publisher::with(callers, headers, &[ADMINISTRATOR]).await?;
        Ok(Self(admin))
    }

    /// For a call that others may make as well.
    pub fn of(caller: &Caller) -> Option<Self> {
        Publisher::of(caller, &[ADMINISTRATOR]).map(Self)
    }

    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// A back end has no name: it may act for a user instead.
    pub fn has_name(&self) -> bool {
        self.0.user.is_some()
    }
}

impl FromRequestParts<AppState> for Publisher {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        Self::from_headers(&app.ready()?.callers, &parts.headers).await
    }
}

impl FromRequestParts<AppState> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        Self::from_headers(&app.ready()?.callers, &parts.headers).await
    }
}
