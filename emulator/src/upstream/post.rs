//! Sending one event: which handler, how often, how long.

use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Collected, Full, Limited};
use tokio::time::{Instant, timeout};

use super::journal::{Call, Excerpt, Outcome};
use super::{Event, Failure, Identity, Kind, Upstream};
use crate::config::{EventHandler, HubConfig};

const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The event name under which a handler's URL is validated.
const VALIDATE: &str = "validate";

/// What a handler said.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Upstream {
    /// The first handler that wants the event gets it. The answer is a success.
    pub(super) async fn post(
        &self,
        hub: &str,
        config: &HubConfig,
        identity: &Identity,
        event: &Event<'_>,
    ) -> Result<Answer, Failure> {
        let wants = |handler: &&EventHandler| match event.kind {
            Kind::System(system) => handler.wants_system(system),
            Kind::User(name) => handler.wants_user(name),
        };
        let handler = config
            .handlers
            .iter()
            .find(wants)
            .ok_or(Failure::NoHandler)?;
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
            authorization: self.authorization(handler)?,
        };
        let started = Instant::now();
        let validation_url = handler.url(hub, VALIDATE);
        let result = timeout(self.timing.webhook_timeout, async {
            let validations = &self.validations;
            if !validations.allow(validation_url, &identity.origin).await {
                return Err(Failure::NotAllowed);
            }
            sending.until_answered().await
        })
        .await
        .unwrap_or(Err(Failure::Timeout));
        self.journal.record(|| sending.call(hub, started, &result));
        result
    }

    fn authorization(&self, handler: &EventHandler) -> Result<Option<HeaderValue>, Failure> {
        let Some(resource) = handler.resource() else {
            return Ok(None);
        };
        let token = self.entra.managed_identity_token(resource);
        let token = token.ok_or(Failure::NoToken)?;
        let value = HeaderValue::try_from(format!("Bearer {token}")).map_err(http::Error::from)?;
        Ok(Some(value))
    }
}

/// One event on its way to its handler.
struct Sending<'a> {
    upstream: &'a Upstream,
    identity: &'a Identity,
    event: &'a Event<'a>,
    /// Repeats of the event have the same, its id and its time among them.
    headers: HeaderMap,
    uri: Uri,
    /// Kept apart, since nobody else needs to see it.
    authorization: Option<HeaderValue>,
}

impl Sending<'_> {
    async fn until_answered(&self) -> Result<Answer, Failure> {
        for pause in &self.upstream.timing.retry_after {
            match self.once().await {
                Err(failure) if failure.may_pass() => tokio::time::sleep(*pause).await,
                settled => return settled,
            }
        }
        self.once().await
    }

    async fn once(&self) -> Result<Answer, Failure> {
        if self.upstream.faults.strike() {
            return Err(Failure::Simulated);
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
        let (parts, body) = response.await.map_err(Failure::Unreachable)?.into_parts();
        // Also of an error, so that the connection can be used again.
        let body = Limited::new(body, MAX_ANSWER).collect().await;
        let mut answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body: Bytes::new(),
        };
        if !answer.status.is_success() {
            answer.body = body.map(Collected::to_bytes).unwrap_or_default();
            return Err(Failure::Refused(Box::new(answer)));
        }
        self.identity.remember_cookies(&answer.headers);
        answer.body = body.map_err(Failure::Unreadable)?.to_bytes();
        Ok(answer)
    }

    fn call(&self, hub: &str, started: Instant, result: &Result<Answer, Failure>) -> Call {
        Call {
            hub: hub.to_owned(),
            connection_id: self.identity.connection().clone(),
            event: self.event.kind.name().to_owned(),
            url: self.uri.to_string(),
            duration: started.elapsed(),
            headers: self.headers.clone(),
            body: Excerpt::of(&self.event.body),
            outcome: match result {
                Ok(answer) => Outcome::answered(answer),
                Err(Failure::Refused(answer)) => Outcome::answered(answer),
                Err(failure) => Outcome::Failed(failure.to_string()),
            },
        }
    }
}

impl Failure {
    /// Whether another try may end better.
    fn may_pass(&self) -> bool {
        match self {
            Self::Refused(answer) => {
                answer.status.is_server_error() || answer.status == StatusCode::REQUEST_TIMEOUT
            }
            Self::Unreachable(_) | Self::Simulated => true,
            Self::NoHandler
            | Self::NotAllowed
            | Self::NotSendable(_)
            | Self::NoToken
            | Self::Timeout
            | Self::Unreadable(_)
            | Self::Unusable(_) => false,
        }
    }
}
