//! Upstream: telling an application's handlers what happens, as CloudEvents over HTTP.

mod answer;
mod connect;
mod cookies;
mod identity;
mod journal;
mod post;
mod transport;
mod trust;
mod validation;

use std::sync::Arc;

use bytes::Bytes;
use thiserror::Error;

use crate::clock::Clock;
use crate::config::{Config, HubConfig, SystemEvent, Timing};
use crate::entra::Entra;
use crate::message::{Data, Metadata};

pub(crate) use answer::{Reply, declared_data};
pub(crate) use connect::{Admission, ClientRequest};
pub(crate) use identity::{Identity, Origin};
use journal::{Faults, Journal};
use post::Answer;
use transport::{Transport, TransportError};
use validation::Validations;

/// The one client for all handlers: connections are kept and used again, as many as were ever
/// needed at the same time.
#[derive(Debug)]
pub(crate) struct Upstream {
    http: Arc<Transport>,
    validations: Validations,
    timing: Timing,
    clock: Clock,
    entra: Arc<Entra>,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
}

/// Something that happened on a connection.
#[derive(Debug)]
pub(crate) struct Event<'a> {
    kind: Kind<'a>,
    content_type: Option<&'static str>,
    body: Bytes,
    metadata: &'a Metadata,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind<'a> {
    System(SystemEvent),
    User(&'a str),
}

/// Why an event did not reach its handler, or came back with nothing to use.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("no handler wants the event")]
    NoHandler,
    #[error("the handler does not allow this origin")]
    NotAllowed,
    #[error("the event does not make a request")]
    NotSendable(#[from] http::Error),
    #[error("no token for the handler could be signed")]
    NoToken,
    #[error("the handler did not answer in time")]
    Timeout,
    #[error("the handler could not be reached")]
    Unreachable(#[source] TransportError),
    #[error("the network failed, as it was told to")]
    Simulated,
    #[error("the handler answered {}", .0.status)]
    Refused(Box<Answer>),
    #[error("the handler's answer could not be read")]
    Unreadable(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("the handler's answer cannot be used: {0}")]
    Unusable(&'static str),
}

impl Upstream {
    pub(crate) fn new(config: &Config, entra: Arc<Entra>) -> Self {
        let timing = config.timing.clone();
        let http = Arc::new(Transport::new(
            timing.validation_timeout,
            config.trust_loopback_handlers,
        ));
        Self {
            validations: Validations::new(http.clone(), &timing),
            http,
            timing,
            clock: config.clock.clone(),
            entra,
            journal: Journal::new(config.control),
            faults: Faults::default(),
        }
    }

    /// Asks whether a client may connect, and as whom. Without a handler it may.
    pub(crate) async fn connect(
        &self,
        hub: &str,
        config: &HubConfig,
        identity: &Identity,
        request: &ClientRequest<'_>,
    ) -> Result<Admission, Failure> {
        let event = Event::system(SystemEvent::Connect, request.body());
        match self.post(hub, config, identity, &event).await {
            Ok(answer) => {
                let admission = Admission::parse(&answer.body)?;
                identity.remember_state(&answer.headers);
                Ok(admission)
            }
            Err(Failure::NoHandler) => Ok(Admission::default()),
            Err(failure) => Err(failure),
        }
    }

    /// Sends a user event and waits for what its handler says to the client.
    pub(crate) async fn user_event(
        &self,
        hub: &str,
        config: &HubConfig,
        identity: &Identity,
        name: &str,
        data: Data,
        metadata: &Metadata,
    ) -> Result<Option<Reply>, Failure> {
        let event = Event {
            kind: Kind::User(name),
            content_type: Some(answer::content_type(&data)),
            body: data.into_bytes(),
            metadata,
        };
        let answer = self.post(hub, config, identity, &event).await?;
        let reply = answer.into_reply(identity)?;
        Ok(reply)
    }

    /// Sends what nobody waits for; a failure is only logged.
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
            Ok(_) | Err(Failure::NoHandler) => {}
            Err(failure) => {
                let connection = identity.connection();
                let error: &dyn std::error::Error = &failure;
                tracing::warn!(%connection, hub, error, "the event {} of {connection} was not delivered", event.name());
            }
        }
    }
}

impl Event<'_> {
    fn system(event: SystemEvent, body: Bytes) -> Self {
        const NONE: &Metadata = &Metadata::new();
        Self {
            kind: Kind::System(event),
            content_type: Some("application/json"),
            body,
            metadata: NONE,
        }
    }
}

impl<'a> Kind<'a> {
    fn name(self) -> &'a str {
        match self {
            Self::System(event) => event.name(),
            Self::User(name) => name,
        }
    }

    fn cloud_event_type(self) -> String {
        match self {
            Self::System(event @ (SystemEvent::Joined | SystemEvent::Left)) => {
                format!("azure.webpubsub.gp.{}", event.name())
            }
            Self::System(event) => format!("azure.webpubsub.sys.{}", event.name()),
            Self::User(name) => format!("azure.webpubsub.user.{name}"),
        }
    }
}
