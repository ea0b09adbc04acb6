//! Calls that the Functions host itself makes: `POST /<FunctionName>`, for queue and event
//! triggers, and for HTTP functions when forwarding is off.
//!
//! A misconfigured route would expose these paths to the internet, so they accept only requests
//! that look like the host's. This is the second defence; the first is the route constraints.

use axum::extract::{Request, State};
use axum::http::header::{CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};

use super::assistant::AssistantTasks;
use super::broadcast::Broadcast;
use super::queue_trigger::receive;
use super::telemetry;
use crate::app::AppState;
use crate::http::problem::Problem;

/// HTTP functions, named by their folders.
pub const HTTP_FUNCTIONS: [&str; 13] = [
    "negotiate",
    "health",
    "status",
    "chat",
    "rooms",
    "sessions",
    "notifications",
    "events",
    "users",
    "devices",
    "openapi",
    "connect_event",
    "message_event",
];

/// Functions that only the host calls.
const TRIGGERS: [&str; 3] = ["broadcast", "assistant", "telemetry"];

/// `POST /{function}`
pub async fn called_by_host(State(state): State<AppState>, request: Request) -> Response {
    let port = state.listen().address().port();
    if request.method() != Method::POST || !is_from_host(request.headers(), port) {
        return not_found();
    }
    let path = request.uri().path().to_owned();
    let function = path.trim_start_matches('/');
    if HTTP_FUNCTIONS.contains(&function) {
        tracing::error!(
            "function {function} was called in JSON mode: host.json needs \
             `customHandler.enableForwardingHttpRequest: true` (check the spelling: the host \
             ignores unknown keys)"
        );
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    if !TRIGGERS.contains(&function) {
        return not_found();
    }
    let app = match state.app() {
        Ok(app) => app,
        Err(errors) => return Problem::from(errors).into_response(),
    };
    match function {
        "broadcast" => receive::<Broadcast>(&app, request.into_body()).await,
        "assistant" => receive::<AssistantTasks>(&app, request.into_body()).await,
        _ => telemetry::receive(&app, request.into_body()).await,
    }
}

/// Tells outsiders nothing about these paths.
fn not_found() -> Response {
    Problem::not_found("this path does not exist").into_response()
}

/// The host sends its own calls chunked, without a length, to a loopback address. A request that
/// it forwards for a client has a length or carries proxy headers.
fn is_from_host(headers: &HeaderMap, port: u16) -> bool {
    let is = |name, expected: &str| {
        let mut values = headers.get_all(name).iter();
        values
            .next()
            .is_some_and(|v| v.as_bytes().eq_ignore_ascii_case(expected.as_bytes()))
            && values.next().is_none()
    };
    is(TRANSFER_ENCODING, "chunked")
        && is(HOST, &format!("127.0.0.1:{port}"))
        && !headers.contains_key(CONTENT_LENGTH)
        && !headers.contains_key("x-ms-invocation-id")
        && !headers
            .keys()
            .any(|name| name.as_str().starts_with("x-forwarded-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair =
            |(name, value): &(&'static str, &str)| (name.parse().unwrap(), value.parse().unwrap());
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn only_the_hosts_own_calls_are_accepted() {
        let own = [("transfer-encoding", "chunked"), ("host", "127.0.0.1:4000")];
        assert!(is_from_host(&headers(&own), 4000));

        for forged in [
            vec![("host", "127.0.0.1:4000"), ("content-length", "2")],
            vec![("host", "127.0.0.1:4000")],
            vec![
                ("transfer-encoding", "chunked"),
                ("host", "app.example.com"),
            ],
            vec![("transfer-encoding", "chunked"), ("host", "127.0.0.1:4001")],
            vec![
                ("transfer-encoding", "gzip, chunked"),
                ("host", "127.0.0.1:4000"),
            ],
            [&own[..], &[("content-length", "2")]].concat(),
            [&own[..], &[("x-forwarded-for", "1.2.3.4")]].concat(),
            [&own[..], &[("x-forwarded-host", "app.example.com")]].concat(),
            [&own[..], &[("x-ms-invocation-id", "1")]].concat(),
        ] {
            assert!(!is_from_host(&headers(&forged), 4000), "{forged:?}");
        }
    }
}
