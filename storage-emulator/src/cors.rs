//! Access from web pages: preflight requests, and headers that let a page read an answer.

use http::{HeaderMap, Method};

use crate::reply::Reply;
use crate::service_error::ServiceError;
use crate::settings::CorsSettings;

/// For how many seconds a browser may cache the answer to a preflight.
const MAX_AGE: &str = "600";

pub(crate) fn is_preflight(method: &Method, headers: &HeaderMap) -> bool {
    *method == Method::OPTIONS
        && headers.contains_key("Origin")
        && headers.contains_key("Access-Control-Request-Method")
}

/// The answer to a browser that asks whether a page may send a request.
pub(crate) fn preflight(cors: Option<&CorsSettings>, headers: &HeaderMap) -> Reply {
    let mut reply = Reply::empty(200);
    if !allow_origin(cors, headers, &mut reply) {
        return ServiceError::OriginNotAllowed.reply();
    }
    for (requested, allowed) in [
        (
            "Access-Control-Request-Method",
            "Access-Control-Allow-Methods",
        ),
        (
            "Access-Control-Request-Headers",
            "Access-Control-Allow-Headers",
        ),
    ] {
        if let Some(value) = headers
            .get(requested)
            .filter(|value| value.as_bytes().is_ascii())
        {
            reply.push(allowed, value);
        }
    }
    reply.with("Access-Control-Max-Age", MAX_AGE)
}

/// Lets a page with an allowed origin read an answer, with all its headers.
pub(crate) fn expose(cors: Option<&CorsSettings>, headers: &HeaderMap, reply: &mut Reply) {
    // The connection adds the last two.
    let exposed = format!("{},Content-Length,Date", reply.header_names().join(","));
    if allow_origin(cors, headers, reply) {
        reply.push("Access-Control-Expose-Headers", exposed);
    }
}

fn allow_origin(cors: Option<&CorsSettings>, headers: &HeaderMap, reply: &mut Reply) -> bool {
    let origin = headers.get("Origin").and_then(|value| value.to_str().ok());
    let (Some(cors), Some(origin)) = (cors, origin) else {
        return false;
    };
    if cors.origins.iter().any(|listed| listed == "*") {
        reply.push("Access-Control-Allow-Origin", "*");
        return true;
    }
    let mut origins = cors.origins.iter();
    if !origins.any(|listed| listed.eq_ignore_ascii_case(origin)) {
        return false;
    }
    reply.push("Access-Control-Allow-Origin", origin);
    reply.push("Vary", "Origin");
    if cors.credentials {
        reply.push("Access-Control-Allow-Credentials", "true");
    }
    true
}
