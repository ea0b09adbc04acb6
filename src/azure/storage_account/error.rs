//! What may go wrong between us and a storage account.

use super::Service;
use crate::azure::managed_identity::IdentityError;

/// The settings are fine, but not for this.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("AzureWebJobsStorage names no {} service", .0.label())]
    NoSuchService(Service),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}

/// The storage account failed. Nothing here holds a key, a signature or what was sent.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("the storage account cannot be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the storage account took too long")]
    TooLong,
    #[error("the storage account refused: {0}")]
    Refused(String),
}

impl StorageError {
    pub(crate) fn unreadable() -> Self {
        Self::Refused("its answer cannot be read".to_owned())
    }
}

/// A call that did not come about, or whose answer says that the service failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CallError {
    /// Certainly nothing was done.
    #[error(transparent)]
    NotDone(StorageError),
    /// It had gone out already.
    #[error(transparent)]
    Unknown(StorageError),
}

impl From<CallError> for StorageError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::NotDone(cause) | CallError::Unknown(cause) => cause,
        }
    }
}
