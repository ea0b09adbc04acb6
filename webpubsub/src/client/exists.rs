//! Checks the service's health, and whether connections, groups and users exist.

use azure_core::http::Method;

use super::hub_client::HubClient;
use super::route::Route;
use crate::error::Error;

impl HubClient {
    /// Checks whether the service is healthy.
    pub async fn health(&self) -> Result<(), Error> {
        let route = Route::service(self.endpoint()).segment("health");
        self.call(Method::Head, route).await?;
        Ok(())
    }

    /// Checks whether a connection is open.
    pub async fn connection_exists(&self, connection_id: &str) -> Result<bool, Error> {
        let route = self
            .route()
            .segment("connections")
            .name("connection id", connection_id)?;
        self.exists(route).await
    }

    /// Checks whether a group has any connections.
    pub async fn group_exists(&self, group: &str) -> Result<bool, Error> {
        self.exists(self.route().segment("groups").name("group", group)?)
            .await
    }

    /// Checks whether a user has any connections.
    pub async fn user_exists(&self, user_id: &str) -> Result<bool, Error> {
        self.exists(self.route().segment("users").name("user id", user_id)?)
            .await
    }
}
