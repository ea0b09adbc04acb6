//! A signed-in user.

use crate::ids::target::OrgId;
use crate::ids::user_id::UserId;

/// A user as the identity provider describes it.
#[derive(Debug, Clone)]
pub struct SignIn {
    pub(super) user: UserId,
    pub(crate) name: Option<String>,
    pub(super) organizations: Vec<String>,
    pub(super) roles: Vec<String>,
    /// In seconds since 1970.
    pub(crate) expires_at: Option<i64>,
}

impl SignIn {
    pub fn user(&self) -> &UserId {
        &self.user
    }

    pub fn is_member_of(&self, org: &OrgId) -> bool {
        self.organizations.iter().any(|o| o == org.as_str())
    }

    pub fn has_right(&self, right: &str) -> bool {
        self.roles.iter().any(|r| r == right)
    }
}
