//! Asks who is there.

use super::hub_client::HubClient;
use super::route::Route;
use crate::error::Error;

impl HubClient {
    /// Whether the service is in good health.
    pub async fn health(&self) -> Result<(), Error> {
        let route = Route::service(self.endpoint()).segment("health");
        self.call(azure_core::http::Method::Head, route).await?;
        Ok(())
    }

    /// Whether a connection is open.
    pub async fn connection_exists(&self, connection_id: &str) -> Result<bool, Error> {
        let route = self
            .route()
            .segment("connections")
            .name("connection id", connection_id)?;
        self.exists(route).await
    }

    /// Whether anyone is in a group.
    pub async fn group_exists(&self, group: &str) -> Result<bool, Error> {
        self.exists(self.route().segment("groups").name("group", group)?)
            .await
    }

    /// Whether a user has any connection.
    pub async fn user_exists(&self, user_id: &str) -> Result<bool, Error> {
        self.exists(self.route().segment("users").name("user id", user_id)?)
            .await
    }
}
