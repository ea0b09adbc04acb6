//! Errors of a storage account.

use super::account::Service;
use crate::azure::managed_identity::IdentityError;
use crate::azure::rest::{CallError, RestError};

/// The settings are valid but do not allow this use.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("AzureWebJobsStorage names no {} service", .0.label())]
    NoSuchService(Service),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// The storage account failed. Never holds a key, a signature or a body.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("the storage account cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the storage account took too long")]
    TooLong,
    #[error("the storage account refused: {0}")]
    Refused(String),
}

impl From<RestError> for StorageError {
    fn from(error: RestError) -> Self {
        match error {
            RestError::Unreachable(cause) => Self::Unreachable(cause),
            RestError::TooLong => Self::TooLong,
            RestError::Refused(why) => Self::Refused(why),
        }
    }
}

impl From<CallError> for StorageError {
    fn from(error: CallError) -> Self {
        RestError::from(error).into()
    }
}
