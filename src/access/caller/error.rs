//! Why a caller could not be identified.

use super::jwks::FetchError;
use super::jwt::TokenError;
use crate::ids::user_id::InvalidUserId;

/// Why a caller could not be identified.
#[derive(Debug, thiserror::Error)]
pub enum CallerError {
    #[error("anonymous callers are not admitted")]
    Unauthenticated,
    #[error("invalid token: {0}")]
    TokenInvalid(&'static str),
    #[error("the token has expired")]
    TokenExpired,
    #[error(transparent)]
    UserId(#[from] InvalidUserId),
    #[error("the identity provider's keys are unavailable")]
    KeysUnavailable(#[source] FetchError),
}

impl From<TokenError> for CallerError {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Invalid(reason) => Self::TokenInvalid(reason),
            TokenError::Expired => Self::TokenExpired,
            TokenError::KeysUnavailable(cause) => Self::KeysUnavailable(cause),
        }
    }
}
