//! Asks who is there.

use super::HubClient;
use super::route::Route;
use crate::Error;

impl HubClient {
    /// Whether the service is in good health.
    pub async fn health(&self) -> Result<(), Error> {
        let route = Route::service(self.endpoint()).then("health");
        self.call(azure_core::http::Method::Head, route).await?;
        Ok(())
    }

    /// Whether a connection is open.
    pub async fn connection_exists(&self, connection_id: &str) -> Result<bool, Error> {
        let route = self
            .route()
            .then("connections")
            .name("connection id", connection_id)?;
        self.ask(route).await
    }

    /// Whether anyone is in a group.
    pub async fn group_exists(&self, group: &str) -> Result<bool, Error> {
        self.ask(self.route().then("groups").name("group", group)?)
            .await
    }

    /// Whether a user has any connection.
    pub async fn user_exists(&self, user_id: &str) -> Result<bool, Error> {
        self.ask(self.route().then("users").name("user id", user_id)?)
            .await
    }
}
