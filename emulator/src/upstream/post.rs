//! Sending one event: which handler, how often, how long.

use bytes::Bytes;
use http::header::HeaderMap;
use http::{Method, Request, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full, Limited};

use super::{Event, Failure, Identity, Kind, Upstream};
use crate::config::{EventHandler, HubConfig};

const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The event name under which a handler's URL is validated.
const VALIDATE: &str = "validate";

/// What a handler said, once it said yes.
#[derive(Debug)]
pub(super) struct Answer {
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
        let deadline = self.timing.webhook_timeout;
        tokio::time::timeout(deadline, async {
            let validation_url = handler.url(hub, VALIDATE);
            if !self
                .validations
                .allow(validation_url, &identity.origin)
                .await
            {
                return Err(Failure::NotAllowed);
            }
            let headers = identity.headers(event, &self.clock.rfc3339());
            let answer = self.post_until_answered(uri, headers, &event.body).await?;
            identity.remember_cookies(&answer.headers);
            Ok(answer)
        })
        .await
        .unwrap_or(Err(Failure::Timeout))
    }

    async fn post_until_answered(
        &self,
        uri: Uri,
        headers: HeaderMap,
        body: &Bytes,
    ) -> Result<Answer, Failure> {
        for pause in &self.timing.retry_after {
            match self
                .post_once(uri.clone(), headers.clone(), body.clone())
                .await
            {
                Err(failure) if failure.may_pass() => tokio::time::sleep(*pause).await,
                settled => return settled,
            }
        }
        self.post_once(uri, headers, body.clone()).await
    }

    async fn post_once(
        &self,
        uri: Uri,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answer, Failure> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = uri;
        *request.headers_mut() = headers;
        let response = self
            .http
            .request(request)
            .await
            .map_err(Failure::Unreachable)?;
        let (parts, body) = response.into_parts();
        if !parts.status.is_success() {
            return Err(Failure::Refused(parts.status));
        }
        let body = Limited::new(body, MAX_ANSWER)
            .collect()
            .await
            .map_err(Failure::Unreadable)?
            .to_bytes();
        Ok(Answer {
            headers: parts.headers,
            body,
        })
    }
}

impl Failure {
    /// Whether another try may end better.
    fn may_pass(&self) -> bool {
        match self {
            Self::Refused(status) => {
                status.is_server_error() || *status == StatusCode::REQUEST_TIMEOUT
            }
            Self::Unreachable(_) => true,
            Self::NoHandler
            | Self::NotAllowed
            | Self::NotSendable(_)
            | Self::Timeout
            | Self::Unreadable(_)
            | Self::Unusable(_) => false,
        }
    }
}
