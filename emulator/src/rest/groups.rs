//! Group membership of one connection or one user.

use super::call::{Call, no_content, ok};
use super::error::RestError;
use super::operation::Target;
use crate::response::Response;

impl Call<'_> {
    pub(super) fn add_to_group(&self, group: &str, member: &Target) -> Result<Response, RestError> {
        let connections = self.hub.select(member.audience());
        if connections.is_empty() {
            return Err(match member {
                Target::Connection(id) => {
                    RestError::no_connection("Error.Connection.NotExisted", id)
                }
                Target::User(id) => RestError::no_user(id),
                Target::Group(_) | Target::Everyone => RestError::NoSuchRoute,
            });
        }
        for connection in connections {
            self.app.join(&self.hub, &connection, group);
        }
        Ok(ok())
    }

    pub(super) fn remove_from_group(
        &self,
        group: &str,
        member: &Target,
    ) -> Result<Response, RestError> {
        for connection in self.hub.select(member.audience()) {
            self.app.leave(&self.hub, &connection, group);
        }
        Ok(no_content())
    }

    pub(super) fn remove_from_all_groups(&self, member: &Target) -> Result<Response, RestError> {
        for connection in self.hub.select(member.audience()) {
            self.app.leave_all(&self.hub, &connection);
        }
        Ok(no_content())
    }
}
