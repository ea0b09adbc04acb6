//! Adds connections and users to groups, and removes them.

use azure_core::http::headers::CONTENT_TYPE;
use azure_core::http::{Method, Request};
use serde::Serialize;

use super::call::check_status;
use super::hub_client::HubClient;
use super::route::Route;
use crate::error::{ArgumentError, Error};
use crate::filter::Filter;

impl HubClient {
    /// Adds a connection to a group. If the connection is closed, the error is
    /// [not found](Error::is_not_found).
    pub async fn add_connection_to_group(
        &self,
        group: &str,
        connection_id: &str,
    ) -> Result<(), Error> {
        let route = self.connection_in_group(group, connection_id)?;
        self.call(Method::Put, route).await?;
        Ok(())
    }

    /// Removes a connection from a group.
    pub async fn remove_connection_from_group(
        &self,
        group: &str,
        connection_id: &str,
    ) -> Result<(), Error> {
        let route = self.connection_in_group(group, connection_id)?;
        self.call(Method::Delete, route).await?;
        Ok(())
    }

    /// Removes a connection from all groups.
    pub async fn remove_connection_from_all_groups(
        &self,
        connection_id: &str,
    ) -> Result<(), Error> {
        let route = self
            .route()
            .segment("connections")
            .name("connection id", connection_id)?
            .segment("groups");
        self.call(Method::Delete, route).await?;
        Ok(())
    }

    /// Adds a user's open connections to a group. If the user has none, the error is
    /// [not found](Error::is_not_found).
    pub async fn add_user_to_group(&self, group: &str, user_id: &str) -> Result<(), Error> {
        let route = self.user_in_group(group, user_id)?;
        self.call(Method::Put, route).await?;
        Ok(())
    }

    /// Removes every connection of a user from a group.
    pub async fn remove_user_from_group(&self, group: &str, user_id: &str) -> Result<(), Error> {
        let route = self.user_in_group(group, user_id)?;
        self.call(Method::Delete, route).await?;
        Ok(())
    }

    /// Removes every connection of a user from all groups.
    pub async fn remove_user_from_all_groups(&self, user_id: &str) -> Result<(), Error> {
        let route = self
            .route()
            .segment("users")
            .name("user id", user_id)?
            .segment("groups");
        self.call(Method::Delete, route).await?;
        Ok(())
    }

    /// Adds every connection that matches the filter to each of the groups.
    ///
    /// The filter is required: without one, the service would add every connection of the hub.
    pub async fn add_connections_to_groups(
        &self,
        groups: &[String],
        filter: &Filter,
    ) -> Result<(), Error> {
        self.change_groups(":addToGroups", groups, filter).await
    }

    /// Removes every connection that matches the filter from each of the groups.
    pub async fn remove_connections_from_groups(
        &self,
        groups: &[String],
        filter: &Filter,
    ) -> Result<(), Error> {
        self.change_groups(":removeFromGroups", groups, filter)
            .await
    }

    async fn change_groups(
        &self,
        action: &str,
        groups: &[String],
        filter: &Filter,
    ) -> Result<(), Error> {
        if groups.is_empty() {
            return Err(ArgumentError::NoGroups.into());
        }
        let change = GroupChange {
            groups,
            filter: filter.as_str(),
        };
        // Strings always serialise; the service would reject an empty body.
        let body = serde_json::to_vec(&change).unwrap_or_default();
        let mut request = Request::new(self.route().segment(action).finish()?, Method::Post);
        request.insert_header(CONTENT_TYPE, "application/json");
        request.set_body(body);
        check_status(self.request(request).await?)?;
        Ok(())
    }

    fn connection_in_group(
        &self,
        group: &str,
        connection_id: &str,
    ) -> Result<Route, ArgumentError> {
        self.route()
            .segment("groups")
            .name("group", group)?
            .segment("connections")
            .name("connection id", connection_id)
    }

    fn user_in_group(&self, group: &str, user_id: &str) -> Result<Route, ArgumentError> {
        self.route()
            .segment("users")
            .name("user id", user_id)?
            .segment("groups")
            .name("group", group)
    }
}

#[derive(Serialize)]
struct GroupChange<'a> {
    groups: &'a [String],
    filter: &'a str,
}
