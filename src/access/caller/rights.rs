//! The rights of publishers, administrators and readers of devices. Each type is a proof: a handler that takes one
//! needs no check.

use http::HeaderMap;

use super::{Caller, CallerError, Callers};
use crate::ids::user_id::UserId;

const PUBLISHER: &str = "publisher";
const ADMINISTRATOR: &str = "admin";
const DEVICES: &str = "devices";

/// Why a caller lacks the right.
#[derive(Debug, thiserror::Error)]
pub enum RightsError {
    #[error(transparent)]
    Caller(#[from] CallerError),
    #[error("requires the API token, or a sign-in with the role `{0}`")]
    Forbidden(String),
}

/// May post and send for others: a back end with the API token, or a user with the role.
#[derive(Debug, Clone)]
pub struct Publisher {
    /// `None` for a back end.
    user: Option<UserId>,
}

/// May set up and moderate rooms.
#[derive(Debug, Clone)]
pub struct Administrator(Publisher);

/// May read devices and their telemetry.
#[derive(Debug, Clone)]
pub struct DeviceReader(());

impl DeviceReader {
    pub async fn from_headers(callers: &Callers, headers: &HeaderMap) -> Result<Self, RightsError> {
        Publisher::with(callers, headers, &[DEVICES, PUBLISHER, ADMINISTRATOR]).await?;
        Ok(Self(()))
    }
}

impl Publisher {
    pub async fn from_headers(callers: &Callers, headers: &HeaderMap) -> Result<Self, RightsError> {
        Self::with(callers, headers, &[PUBLISHER, ADMINISTRATOR]).await
    }

    /// Tells the callers of one right apart. All back ends are one caller, since they share the
    /// API token.
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

    /// For calls that are also open to others.
    pub fn of(caller: &Caller) -> Option<Self> {
        Publisher::of(caller, &[ADMINISTRATOR]).map(Self)
    }

    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// A back end has no name of its own, but may act for a user.
    pub fn has_name(&self) -> bool {
        self.0.user.is_some()
    }
}
