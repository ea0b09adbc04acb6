//! Who may do what only some may. Each is a proof: a handler that takes one needs no check.

use http::HeaderMap;

use super::{Caller, CallerError, Callers};
use crate::ids::user_id::UserId;

const PUBLISHER: &str = "publisher";
const ADMINISTRATOR: &str = "admin";

/// Why a caller holds no such right.
#[derive(Debug, thiserror::Error)]
pub enum RightsError {
    #[error(transparent)]
    Caller(#[from] CallerError),
    #[error("this takes the API token, or a sign-in whose roles hold `{0}`")]
    Forbidden(String),
}

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
    pub async fn from_headers(callers: &Callers, headers: &HeaderMap) -> Result<Self, RightsError> {
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
    ) -> Result<Self, RightsError> {
        let caller = callers.identify(headers, None).await?;
        match (Self::of(&caller, rights), caller) {
            (Some(publisher), _) => Ok(publisher),
            (None, Caller::Anonymous(_)) => Err(CallerError::Unauthenticated.into()),
            (None, Caller::SignedIn(_) | Caller::Backend(_)) => {
                Err(RightsError::Forbidden(rights[0].to_owned()))
            }
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
    pub async fn from_headers(callers: &Callers, headers: &HeaderMap) -> Result<Self, RightsError> {
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
