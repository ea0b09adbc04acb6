//! One span for each call, named by its route. Query strings are never recorded: they contain
//! tokens and passwords. A path is recorded only where it matches a route, because others may
//! contain anything.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::field::Empty;
use tracing::{Instrument, Span};

use crate::http::edge;
use crate::logging::trace::{TARGET, TraceContext};

/// The Web PubSub service marks all its webhooks as not sampled. That is about its own traces, not
/// about ours.
const WEBHOOKS: [&str; 2] = ["/api/connect_event", "/api/message_event"];

pub(crate) async fn trace_call(request: Request, next: Next) -> Response {
    let span = begin(&request);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    if status.is_server_error() {
        span.record("error.type", status.as_str());
        span.record("otel.status_code", "ERROR");
    }
    span.record("http.response.status_code", status.as_u16());
    response
}

fn begin(request: &Request) -> Span {
    let route = request.extensions().get::<MatchedPath>();
    let route = route.map(MatchedPath::as_str);
    let method = known_method(request.method());
    let name = match route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    };
    let parent = parent(request.headers(), route).map(|parent| parent.to_string());
    let invocation = edge::invocation(request.headers()).map(|id| id.to_string());
    tracing::debug_span!(
        target: TARGET,
        "call",
        traceparent = parent.as_deref(),
        otel.name = name,
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        url.path = route.map(|_| request.uri().path()),
        url.scheme = "http",
        faas.invocation_id = invocation.as_deref(),
        http.response.status_code = Empty,
        error.r#type = Empty,
        otel.status_code = Empty,
    )
}

fn parent(headers: &HeaderMap, route: Option<&str>) -> Option<TraceContext> {
    let text = headers.get("traceparent")?.to_str().ok()?;
    let mut context: TraceContext = text.trim().parse().ok()?;
    context.is_sampled |= route.is_some_and(|route| WEBHOOKS.contains(&route));
    Some(context)
}

/// A method is any text; OpenTelemetry wants a short list.
fn known_method(method: &Method) -> &str {
    match *method {
        Method::GET
        | Method::HEAD
        | Method::POST
        | Method::PUT
        | Method::DELETE
        | Method::OPTIONS
        | Method::PATCH
        | Method::CONNECT
        | Method::TRACE => method.as_str(),
        _ => "_OTHER",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNSAMPLED: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

    fn sampled(route: &str, traceparent: &str) -> Option<bool> {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", traceparent.parse().unwrap());
        parent(&headers, Some(route)).map(|parent| parent.is_sampled)
    }

    #[test]
    fn only_the_services_choice_not_to_sample_is_ignored() {
        let recorded = UNSAMPLED.replace("-00", "-01").replacen("01-", "00-", 1);

        assert_eq!(sampled("/api/negotiate", UNSAMPLED), Some(false));
        assert_eq!(sampled("/api/negotiate", &recorded), Some(true));
        assert_eq!(sampled("/api/message_event", UNSAMPLED), Some(true));
        assert_eq!(sampled("/api/connect_event", "forged"), None);
    }
}
