//! CORS headers of our own, for where the platform does none.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use axum::http::{HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;

/// The origins that may read our answers.
#[derive(Debug, Clone)]
pub(crate) struct Origins(Arc<[String]>);

impl Origins {
    /// `None` without any: behind a host that does CORS itself our headers would only be in the
    /// way.
    pub(crate) fn new(origins: Vec<String>) -> Option<Self> {
        (!origins.is_empty()).then(|| Self(origins.into()))
    }

    fn admit(&self, origin: &HeaderValue) -> bool {
        let origin = origin.as_bytes();
        self.0
            .iter()
            .any(|o| o.as_bytes().eq_ignore_ascii_case(origin))
    }
}

pub(crate) async fn add_headers(
    State(origins): State<Origins>,
    request: Request,
    next: Next,
) -> Response {
    let listed = request
        .headers()
        .get(ORIGIN)
        .filter(|o| origins.admit(o))
        .cloned();
    let asked = request
        .headers()
        .get(ACCESS_CONTROL_REQUEST_HEADERS)
        .cloned();
    let is_preflight = request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    // Also without a listed origin: a cache must not hand one origin's answer to another.
    headers.append(VARY, HeaderValue::from_static("origin"));
    let Some(origin) = listed else {
        return response;
    };
    headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("retry-after"),
    );
    if is_preflight {
        headers.insert(
            ACCESS_CONTROL_ALLOW_METHODS,
            HeaderValue::from_static("GET, POST, PUT, DELETE"),
        );
        headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
        if let Some(asked) = asked {
            headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked);
        }
    }
    response
}
