//! Sends frames to clients through the Web PubSub service.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde::Serialize;
use tokio::time::timeout;
use tracing::Instrument;
use webpubsub::filter::{self, Filter};
use webpubsub::{HubClient, Payload, SendOptions};

use super::web_pubsub::{CallError, TIMEOUT};
use crate::ids::user_id::UserId;
use crate::logging::trace::TARGET;

/// Sends to groups. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Courier(HubClient);

impl Courier {
    pub fn new(hub: HubClient) -> Self {
        Self(hub)
    }

    /// Sends to everyone in a group. An empty group is not an error.
    pub async fn to_group(&self, group: &str, frame: &impl Serialize) -> Result<(), CallError> {
        self.send(group, frame, &SendOptions::default()).await
    }

    /// Sends to everyone in a group except this user, on all of the user's connections.
    pub async fn to_others(
        &self,
        group: &str,
        user: &UserId,
        frame: &impl Serialize,
    ) -> Result<(), CallError> {
        let options = SendOptions {
            filter: Some(filter::user_id(user.as_str()).not()),
            ..SendOptions::default()
        };
        self.send(group, frame, &options).await
    }

    /// Sends to everyone in a group, or to those whom the filter names, except this connection.
    pub async fn to_other_connections(
        &self,
        group: &str,
        connection_id: &str,
        filter: Option<Filter>,
        frame: &impl Serialize,
    ) -> Result<(), CallError> {
        let options = SendOptions {
            excluded: vec![connection_id.to_owned()],
            filter,
            ..SendOptions::default()
        };
        self.send(group, frame, &options).await
    }

    /// Sends to one connection, if it is this user's. A connection that is closed is not an error.
    pub async fn to_connection(
        &self,
        connection_id: &str,
        user: &UserId,
        frame: &impl Serialize,
    ) -> Result<(), CallError> {
        let payload = Payload::json(frame).map_err(CallError::Json)?;
        let options = SendOptions {
            filter: Some(filter::connection_id(connection_id)),
            ..SendOptions::default()
        };
        let sending = self.0.send_to_user(user.as_str(), payload, &options);
        Ok(sending.await?)
    }

    /// Puts connections into a group, and returns those that are in it now.
    pub async fn join_group<'a>(
        &self,
        group: &str,
        connections: impl IntoIterator<Item = &'a str>,
    ) -> BTreeSet<String> {
        let joins = connections.into_iter().map(|id| async move {
            let joining = self.0.add_connection_to_group(group, id);
            let joined = match timeout(TIMEOUT, joining).await {
                Ok(joined) => joined.map_err(CallError::from),
                Err(_) => Err(CallError::TooLong),
            };
            if let Err(error) = &joined {
                tracing::warn!(
                    error = error as &dyn std::error::Error,
                    "connection {id} could not join {group}"
                );
            }
            joined.ok().map(|()| id.to_owned())
        });
        join_all(joins).await.into_iter().flatten().collect()
    }

    async fn send(
        &self,
        group: &str,
        frame: &impl Serialize,
        options: &SendOptions,
    ) -> Result<(), CallError> {
        let payload = Payload::json(frame).map_err(CallError::Json)?;
        let span = tracing::debug_span!(
            target: TARGET,
            "broadcast",
            otel.kind = "producer",
            messaging.system = "azure_web_pubsub",
            messaging.operation.r#type = "send",
            messaging.destination.name = group,
        );
        let sending = self.0.send_to_group(group, payload, options);
        sending.instrument(span).await?;
        Ok(())
    }
}
