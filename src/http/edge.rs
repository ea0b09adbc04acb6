//! The service around the router.

use std::convert::Infallible;
use std::task::{Context, Poll};

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::future::RouteFuture;
use tower::Service;
use tracing::instrument::Instrumented;
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::http::normalize_path;

/// Adapts requests from the Functions host to the router: normalises paths, and adds the host's
/// invocation id to the log lines of a call.
#[derive(Debug, Clone)]
pub struct Edge(Router);

impl Edge {
    pub(crate) fn new(router: Router) -> Self {
        Self(router)
    }
}

impl Service<Request> for Edge {
    type Response = Response;
    type Error = Infallible;
    type Future = Instrumented<RouteFuture<Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Self::Future {
        let call = match invocation(request.headers()) {
            // At the level of errors, so that the lines have the id whatever the level is.
            Some(id) => tracing::error_span!("call", invocation = %id),
            None => Span::none(),
        };
        self.0
            .call(normalize_path::normalize(request))
            .instrument(call)
    }
}

/// The host appends its id to what the caller sent, in a header line of its own or after a comma.
pub(super) fn invocation(headers: &HeaderMap) -> Option<Uuid> {
    let values = headers.get_all("x-azure-functions-invocationid");
    let last = values.iter().next_back()?.to_str().ok()?;
    Uuid::try_parse(last.rsplit(',').next()?.trim()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_invocation_id_is_the_last_one() {
        let id = "8406fdc8-2809-4bda-89b1-301d75e0822c";
        let mut headers = HeaderMap::new();
        headers.append(
            "x-azure-functions-invocationid",
            format!("from-caller, {id}").parse().unwrap(),
        );

        assert_eq!(invocation(&headers).unwrap().to_string(), id);
        headers.append("x-azure-functions-invocationid", "forged".parse().unwrap());
        assert_eq!(invocation(&headers), None);
    }
}
