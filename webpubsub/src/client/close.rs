//! Closes connections.

use azure_core::http::Method;

use super::hub_client::HubClient;
use super::route::Route;
use crate::error::Error;

/// Options for closing many connections.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CloseOptions {
    /// Connections that stay open.
    pub excluded: Vec<String>,
    /// Free text that is sent to the clients.
    pub reason: Option<String>,
}

impl HubClient {
    /// Closes every connection of the hub.
    pub async fn close_all_connections(&self, options: &CloseOptions) -> Result<(), Error> {
        self.close(self.route(), options).await
    }

    /// Closes every connection in a group.
    pub async fn close_group_connections(
        &self,
        group: &str,
        options: &CloseOptions,
    ) -> Result<(), Error> {
        let route = self.route().segment("groups").name("group", group)?;
        self.close(route, options).await
    }

    /// Closes every connection of a user.
    pub async fn close_user_connections(
        &self,
        user_id: &str,
        options: &CloseOptions,
    ) -> Result<(), Error> {
        let route = self.route().segment("users").name("user id", user_id)?;
        self.close(route, options).await
    }

    /// Closes one connection. Succeeds if the connection is already closed.
    pub async fn close_connection(
        &self,
        connection_id: &str,
        reason: Option<&str>,
    ) -> Result<(), Error> {
        let route = self
            .route()
            .segment("connections")
            .name("connection id", connection_id)?
            .query_if("reason", reason);
        self.call(Method::Delete, route).await?;
        Ok(())
    }

    async fn close(&self, route: Route, options: &CloseOptions) -> Result<(), Error> {
        let route = route
            .segment(":closeConnections")
            .query_each("excluded", &options.excluded)
            .query_if("reason", options.reason.as_deref());
        self.call(Method::Post, route).await?;
        Ok(())
    }
}
