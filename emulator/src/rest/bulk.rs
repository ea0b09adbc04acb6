//! Group membership of all connections that match a filter.

use std::sync::Arc;

use serde::Deserialize;

use super::call::{Call, ok};
use super::error::RestError;
use super::send::parse_filter;
use crate::connection::Connection;
use crate::hub::Audience;
use crate::names;
use crate::response::Response;

#[derive(Deserialize)]
struct Request {
    groups: Option<Vec<String>>,
    filter: Option<String>,
}

impl Call<'_> {
    pub(super) fn add_to_groups(&self, body: &[u8]) -> Result<Response, RestError> {
        self.for_each_selected(body, |connection, group| {
            self.app.join(&self.hub, connection, group)
        })
    }

    pub(super) fn remove_from_groups(&self, body: &[u8]) -> Result<Response, RestError> {
        self.for_each_selected(body, |connection, group| {
            self.app.leave(&self.hub, connection, group)
        })
    }

    /// Without a filter every connection of the hub matches.
    fn for_each_selected(
        &self,
        body: &[u8],
        change: impl Fn(&Arc<Connection>, &str),
    ) -> Result<Response, RestError> {
        let request: Request = serde_json::from_slice(body).map_err(|_| {
            RestError::bad_request("The request body is not a valid groups request.")
        })?;
        let groups = request.groups.unwrap_or_default();
        if groups.is_empty() || !groups.iter().all(|group| names::is_group(group)) {
            return Err(RestError::invalid_group("Groups"));
        }
        let filter = parse_filter("Filter", request.filter.as_deref())?;
        for connection in self.hub.select(Audience::Everyone) {
            if filter
                .as_ref()
                .is_none_or(|filter| filter.matches(&connection))
            {
                for group in &groups {
                    change(&connection, group);
                }
            }
        }
        Ok(ok())
    }
}
