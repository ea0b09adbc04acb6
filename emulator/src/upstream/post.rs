//! Sends one event to its handler, with retries and a time limit.

use std::sync::Arc;

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::{BodyExt as _, Collected, Full, Limited};
use tokio::time::{Instant, timeout};

use super::answer::Answer;
use super::error::UpstreamError;
use super::event::{Event, EventKind};
use super::http_client::HttpClient;
use super::identity::Identity;
use super::journal::{Excerpt, Faults, Journal, Outcome, WebhookCall};
use super::validation::{self, Validations};
use crate::clock::Clock;
use crate::config::{Config, EventHandler, HubConfig, Timing};
use crate::entra::Entra;

const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The event name in the URL of a validation request.
const VALIDATE: &str = "validate";

/// The client for all handlers.
#[derive(Debug)]
pub(crate) struct Upstream {
    http: Arc<HttpClient>,
    validations: Validations,
    timing: Timing,
    clock: Clock,
    entra: Arc<Entra>,
    pub(crate) journal: Journal,
    pub(crate) faults: Faults,
}

impl Upstream {
    pub(crate) fn new(config: &Config, entra: Arc<Entra>) -> Self {
        let timing = config.timing.clone();
        let http = Arc::new(HttpClient::new(
            timing.validation_timeout,
            config.trust_loopback_handlers,
            config.in_process.clone(),
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

    /// Sends the event to the first handler that takes it. Returns only successful answers.
    pub(super) async fn post(
        &self,
        hub: &str,
        config: &HubConfig,
        identity: &Identity,
        event: &Event<'_>,
    ) -> Result<Answer, UpstreamError> {
        let wants = |handler: &&EventHandler| match event.kind {
            EventKind::System(system) => handler.wants_system(system),
            EventKind::User(name) => handler.wants_user(name),
        };
        let handler = config
            .handlers
            .iter()
            .find(wants)
            .ok_or(UpstreamError::NoHandler)?;
        let uri = handler
            .url(hub, event.kind.name())
            .parse::<Uri>()
            .map_err(http::Error::from)?;
        let (id, time) = (identity.next_event_id(), self.clock.rfc3339());
        let sending = Sending {
            upstream: self,
            identity,
            event,
            headers: identity.headers(event, id, &time),
            uri,
            validation_url: handler.url(hub, VALIDATE),
            authorization: self.authorization(handler)?,
        };
        let started = Instant::now();
        let result = timeout(self.timing.webhook_timeout, sending.until_answered())
            .await
            .unwrap_or(Err(UpstreamError::Timeout));
        self.journal
            .record(|| sending.into_call(hub, started, &result));
        result
    }

    fn authorization(&self, handler: &EventHandler) -> Result<Option<HeaderValue>, UpstreamError> {
        let Some(resource) = handler.resource() else {
            return Ok(None);
        };
        let token = self.entra.managed_identity_token(resource);
        let token = token.ok_or(UpstreamError::NoToken)?;
        let value = HeaderValue::try_from(format!("Bearer {token}")).map_err(http::Error::from)?;
        Ok(Some(value))
    }
}

/// One event for one handler.
struct Sending<'a> {
    upstream: &'a Upstream,
    identity: &'a Identity,
    event: &'a Event<'a>,
    /// Retries send the same headers, so also the same event id and time.
    headers: HeaderMap,
    uri: Uri,
    validation_url: String,
    /// Separate from the other headers to keep it out of the journal.
    authorization: Option<HeaderValue>,
}

impl Sending<'_> {
    async fn until_answered(&self) -> Result<Answer, UpstreamError> {
        for pause in &self.upstream.timing.retry_after {
            match self.once().await {
                Err(error) if error.is_transient() => tokio::time::sleep(*pause).await,
                result => return result,
            }
        }
        self.once().await
    }

    async fn once(&self) -> Result<Answer, UpstreamError> {
        let validations = &self.upstream.validations;
        let url = self.validation_url.clone();
        match validations.check(url, &self.identity.origin).await {
            validation::Answer::Allowed => {}
            validation::Answer::Refused => return Err(UpstreamError::NotAllowed),
            validation::Answer::None => return Err(UpstreamError::NotValidated),
        }
        if self.upstream.faults.take() {
            return Err(UpstreamError::Simulated);
        }
        let mut request = Request::new(Full::new(self.event.body.clone()));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        if let Some(authorization) = &self.authorization {
            let headers = request.headers_mut();
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        let response = self.upstream.http.request(request);
        let (parts, body) = response
            .await
            .map_err(UpstreamError::Unreachable)?
            .into_parts();
        // Read the body of an error too, so that the connection can be reused.
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let mut answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: Bytes::new(),
        };
        if !answer.status.is_success() {
            answer.body = body.map(Collected::to_bytes).unwrap_or_default();
            return Err(UpstreamError::Refused(Box::new(answer)));
        }
        self.identity.remember_cookies(&answer.headers);
        answer.body = body.map_err(UpstreamError::Unreadable)?.to_bytes();
        Ok(answer)
    }

    fn into_call(
        self,
        hub: &str,
        started: Instant,
        result: &Result<Answer, UpstreamError>,
    ) -> WebhookCall {
        WebhookCall {
            hub: hub.to_owned(),
            connection_id: self.identity.connection().clone(),
            event: self.event.kind.name().to_owned(),
            url: self.uri.to_string(),
            duration: started.elapsed(),
            headers: self.headers,
            body: Excerpt::of(&self.event.body),
            outcome: match result {
                Ok(answer) => Outcome::answered(answer),
                Err(UpstreamError::Refused(answer)) => Outcome::answered(answer),
                Err(error) => Outcome::Failed(error.to_string()),
            },
        }
    }
}
