//! An event that is known to be our service's.

use axum::body::Body;
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use bytes::Bytes;
use webpubsub::upstream::EventContext;

use crate::app::App;
use crate::http::extract::read_body;
use crate::http::problem::Problem;

/// The service takes messages of 1 MiB at most, and a `connect` holds the client's headers and
/// certificates, so an honest body is far from this.
const MAX_BODY: usize = 4 * 1024 * 1024;

/// Can only be had from a request whose signature (or Entra token) was checked and whose hub is
/// ours. The proof covers the connection id: state that must belong to it is sealed besides.
#[derive(Debug)]
pub struct SignedEvent {
    context: EventContext,
    content_type: Option<String>,
    body: Body,
}

impl SignedEvent {
    pub async fn from_request(app: &App, request: Request) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let headers = &parts.headers;
        let context = EventContext::from_headers(headers).map_err(|error| {
            tracing::warn!("refused a request that is no event: {error}");
            Problem::invalid_parameter(error.to_string())
        })?;
        app.proof.verify(headers, &context.connection_id).await?;
        if !context.hub.eq_ignore_case(&app.config.web_pubsub.hub) {
            tracing::warn!(
                "refused an event of hub {}: this deployment's hub is {}",
                context.hub,
                app.config.web_pubsub.hub
            );
            return Err(Problem::forbidden("this is another hub's handler"));
        }
        let content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
        Ok(Self {
            context,
            content_type: content_type.map(str::to_owned),
            body,
        })
    }

    pub fn context(&self) -> &EventContext {
        &self.context
    }

    pub fn content_type(&self) -> Option<&str> {
        self.content_type.as_deref()
    }

    pub fn connection_id(&self) -> &str {
        &self.context.connection_id
    }

    /// Reads the body, which nobody has looked at so far.
    pub async fn read_body(&mut self) -> Result<Bytes, Problem> {
        let body = std::mem::take(&mut self.body);
        read_body(body, MAX_BODY).await
    }
}
