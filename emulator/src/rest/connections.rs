//! Checks whether connections, users and groups exist, and closes connections.

use std::collections::HashSet;

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::call::{Call, no_content, ok};
use super::error::RestError;
use crate::frame::ServerFrame;
use crate::hub::Audience;
use crate::outbox::CloseReason;
use crate::response::Response;

impl Call<'_> {
    pub(super) fn exists(&self, audience: Audience<'_>) -> Result<Response, RestError> {
        if self.hub.exists(audience) {
            return Ok(ok());
        }
        Err(match audience {
            Audience::Group(name) => RestError::no_group(name),
            Audience::User(id) => RestError::no_user(id),
            Audience::Connection(id) => {
                RestError::no_connection("Warning.Connection.NotExisted", id)
            }
            Audience::Everyone => RestError::NoSuchRoute,
        })
    }

    /// Succeeds without any match, too.
    pub(super) fn close(&self, audience: Audience<'_>) -> Result<Response, RestError> {
        let excluded: HashSet<&str> = self.query.all("excluded").collect();
        let mut reason = "Application server closed the connection.".to_owned();
        if let Some(given) = self.query.get("reason").filter(|given| !given.is_empty()) {
            reason = format!("{reason} Reason: {given}");
        }
        for connection in self.hub.select(audience) {
            if !excluded.contains(&*connection.id) {
                let outbox = &connection.outbox;
                outbox.push_frame(ServerFrame::Disconnected {
                    reason: reason.clone(),
                });
                outbox.close(CloseReason::new(CloseCode::Normal, ""));
                self.app.end(&self.hub, &connection, &reason);
            }
        }
        Ok(no_content())
    }
}
