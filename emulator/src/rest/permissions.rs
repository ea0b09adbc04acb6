//! Permissions of a connection for one group.

use super::call::{Call, no_content, ok};
use super::error::RestError;
use crate::names;
use crate::permissions::Permission;
use crate::response::Response;

const NO_CONNECTION: &str = "Info.Connection.NotExisted";

impl Call<'_> {
    pub(super) fn grant(&self, permission: Permission, id: &str) -> Result<Response, RestError> {
        let group = self.target_name()?;
        let connection = self.hub.connection(id).ok_or_else(|| no_connection(id))?;
        let granted = connection.permissions.lock().grant(permission, group);
        granted.map_err(|_| RestError::TooManyRules)?;
        Ok(ok())
    }

    /// Succeeds for an unknown connection, too: it has no permissions.
    pub(super) fn revoke(&self, permission: Permission, id: &str) -> Result<Response, RestError> {
        let group = self.target_name()?;
        if let Some(connection) = self.hub.connection(id) {
            let revoked = connection.permissions.lock().revoke(permission, group);
            revoked.map_err(|_| RestError::TooManyRules)?;
        }
        Ok(no_content())
    }

    pub(super) fn check(&self, permission: Permission, id: &str) -> Result<Response, RestError> {
        let group = self.target_name()?;
        let connection = self.hub.connection(id).ok_or_else(|| no_connection(id))?;
        let allowed = connection.permissions.lock().allows(permission, group);
        if allowed {
            Ok(ok())
        } else {
            Err(no_connection(id))
        }
    }

    fn target_name(&self) -> Result<&str, RestError> {
        let name = self
            .query
            .get("targetName")
            .filter(|name| names::is_group(name));
        name.ok_or_else(|| RestError::invalid_group("targetName"))
    }
}

/// The response for an unknown connection, and for a missing permission.
fn no_connection(id: &str) -> RestError {
    RestError::no_connection(NO_CONNECTION, id)
}
