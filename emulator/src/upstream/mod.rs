//! Sends events to the application's handlers, as CloudEvents over HTTP.

mod answer;
mod connect;
mod cookies;
mod error;
mod event;
mod http_client;
mod identity;
mod in_process;
mod journal;
mod post;
mod reply;
mod trust;
mod validation;

use bytes::Bytes;

use crate::config::{HubConfig, SystemEvent};
use crate::message::{Data, Metadata};

pub(crate) use connect::{ConnectRequest, ConnectResponse};
pub(crate) use error::UpstreamError;
use event::Event;
pub(crate) use identity::{Identity, Origin};
pub(crate) use post::Upstream;
pub(crate) use reply::{Reply, declared_data};

impl Upstream {
    /// Sends the `connect` event, whose handler decides whether the client may connect and as
    /// which user. Without a handler the client may connect.
    pub(crate) async fn connect(
        &self,
        hub: &str,
        config: &HubConfig,
        identity: &Identity,
        request: &ConnectRequest<'_>,
    ) -> Result<ConnectResponse, UpstreamError> {
        let event = Event::system(SystemEvent::Connect, request.body());
        match self.post(hub, config, identity, &event).await {
            Ok(answer) => {
                let response = ConnectResponse::parse(&answer.body)?;
                identity.remember_state(&answer.headers);
                Ok(response)
            }
            Err(UpstreamError::NoHandler) => Ok(ConnectResponse::default()),
            Err(error) => Err(error),
        }
    }

    /// Sends a user event and waits for the handler's reply to the client.
    pub(crate) async fn user_event(
        &self,
        hub: &str,
        config: &HubConfig,
        identity: &Identity,
        name: &str,
        data: Data,
        metadata: &Metadata,
    ) -> Result<Option<Reply>, UpstreamError> {
        let event = Event::user(name, data, metadata);
        let answer = self.post(hub, config, identity, &event).await?;
        Reply::from_answer(answer, identity)
    }

    /// Sends an event whose answer is ignored. A failure is only logged.
    pub(crate) async fn notify(
        &self,
        hub: &str,
        config: &HubConfig,
        identity: &Identity,
        event: SystemEvent,
        body: Bytes,
    ) {
        let result = self
            .post(hub, config, identity, &Event::system(event, body))
            .await;
        match result {
            Ok(_) | Err(UpstreamError::NoHandler) => {}
            Err(error) => {
                let connection = identity.connection();
                let error: &dyn std::error::Error = &error;
                tracing::warn!(%connection, hub, error, "failed to deliver the event {} of {connection}", event.name());
            }
        }
    }
}
