//! Grants and revokes a connection's permissions, in addition to the roles in its token.

use azure_core::http::Method;

use super::hub_client::HubClient;
use super::route::Route;
use crate::error::{ArgumentError, Error};

/// A permission of a connection for a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Publish to the group.
    SendToGroup,
    /// Join and leave the group.
    JoinLeaveGroup,
}

impl Permission {
    fn as_str(self) -> &'static str {
        match self {
            Self::SendToGroup => "sendToGroup",
            Self::JoinLeaveGroup => "joinLeaveGroup",
        }
    }
}

impl HubClient {
    /// Grants a permission. If the connection is closed, the error is
    /// [not found](Error::is_not_found).
    pub async fn grant_permission(
        &self,
        connection_id: &str,
        permission: Permission,
        group: &str,
    ) -> Result<(), Error> {
        let route = self.permission(connection_id, permission, group)?;
        self.call(Method::Put, route).await?;
        Ok(())
    }

    /// Revokes a permission, even if a role grants it. The connection stays in the group.
    pub async fn revoke_permission(
        &self,
        connection_id: &str,
        permission: Permission,
        group: &str,
    ) -> Result<(), Error> {
        let route = self.permission(connection_id, permission, group)?;
        self.call(Method::Delete, route).await?;
        Ok(())
    }

    /// Checks whether a connection has a permission.
    pub async fn has_permission(
        &self,
        connection_id: &str,
        permission: Permission,
        group: &str,
    ) -> Result<bool, Error> {
        self.exists(self.permission(connection_id, permission, group)?)
            .await
    }

    fn permission(
        &self,
        connection_id: &str,
        permission: Permission,
        group: &str,
    ) -> Result<Route, ArgumentError> {
        if group.is_empty() {
            return Err(ArgumentError::Name("group"));
        }
        Ok(self
            .route()
            .segment("permissions")
            .segment(permission.as_str())
            .segment("connections")
            .name("connection id", connection_id)?
            .query("targetName", group))
    }
}
