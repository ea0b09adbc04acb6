//! Errors of the settings of a storage account.

use super::account::Service;
use crate::azure::managed_identity::IdentityError;

/// The settings are valid but do not allow this use.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    #[error("AzureWebJobsStorage names no {} service", .0.label())]
    NoSuchService(Service),
    #[error(transparent)]
    Identity(#[from] IdentityError),
}
