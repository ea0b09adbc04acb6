//! What a verified signature permits its bearer to do.

use crate::service_error::ServiceError;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Access {
    /// Signed with the account's key.
    Owner,
    /// A shared access signature for one container, blob or queue.
    Shared {
        /// One letter for each operation that is permitted.
        permissions: String,
        /// Headers of the answer that replace those stored with the blob.
        overrides: Vec<(&'static str, String)>,
    },
}

impl Access {
    /// Whether at least one of these letters is among the permissions.
    pub(crate) fn allows(&self, any_of: &str) -> bool {
        match self {
            Self::Owner => true,
            Self::Shared { permissions, .. } => {
                any_of.chars().any(|letter| permissions.contains(letter))
            }
        }
    }

    pub(crate) fn require(&self, any_of: &str) -> Result<(), ServiceError> {
        self.allows(any_of)
            .then_some(())
            .ok_or(ServiceError::NotPermitted)
    }

    /// For operations that no service signature can permit.
    pub(crate) fn require_owner(&self) -> Result<(), ServiceError> {
        (*self == Self::Owner)
            .then_some(())
            .ok_or(ServiceError::NotPermitted)
    }

    pub(crate) fn overrides(&self) -> &[(&'static str, String)] {
        match self {
            Self::Owner => &[],
            Self::Shared { overrides, .. } => overrides,
        }
    }
}
