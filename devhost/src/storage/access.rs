use super::fault::Fault;

/// What a valid signature lets its bearer do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Access {
    /// Signed with the account's key.
    Owner,
    /// A shared access signature for just this container, blob or queue; one letter for each
    /// thing it permits.
    Shared {
        permissions: String,
        /// What an answer says of a blob instead of what the blob says of itself.
        overrides: Vec<(&'static str, String)>,
    },
}

impl Access {
    /// Whether one of these letters is among the permissions.
    pub(super) fn may(&self, any_of: &str) -> bool {
        match self {
            Self::Owner => true,
            Self::Shared { permissions, .. } => any_of.chars().any(|one| permissions.contains(one)),
        }
    }

    pub(super) fn require(&self, any_of: &str) -> Result<(), Fault> {
        self.may(any_of).then_some(()).ok_or(Fault::NotPermitted)
    }

    pub(super) fn overrides(&self) -> &[(&'static str, String)] {
        match self {
            Self::Owner => &[],
            Self::Shared { overrides, .. } => overrides,
        }
    }

    /// What no service signature can permit.
    pub(super) fn require_owner(&self) -> Result<(), Fault> {
        (*self == Self::Owner)
            .then_some(())
            .ok_or(Fault::NotPermitted)
    }
}
