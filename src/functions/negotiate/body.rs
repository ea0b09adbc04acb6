//! The parameters of a call to `negotiate`, from its query and, for a POST, from its body.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::Deserialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::access::request::{AccessParams, ParsedRequest};
use crate::http::extract::read_body;
use crate::http::problem::Problem;

const MAX_BODY: usize = 64 * 1024;

/// For the OpenAPI document. `AccessParams` reads the query, because targets may be repeated or
/// separated by commas.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `AccessParams` reads it")]
pub struct NegotiateQuery {
    /// Rooms. Every target parameter may be repeated or hold several ids, separated by commas. At
    /// least one target is required.
    room_id: Option<String>,
    /// Chats.
    chat_id: Option<String>,
    /// Sessions.
    session_id: Option<String>,
    /// Organisations whose events to receive.
    org_id: Option<String>,
    /// Devices whose telemetry to receive.
    device_id: Option<String>,
    /// `notifications`, `audio`, `chats`.
    channel: Option<String>,
    /// For an anonymous caller the user id, for a signed-in one the display name, with an API
    /// token the user to negotiate for.
    username: Option<String>,
    /// The requested role in rooms: `writer` or `reader`.
    #[param(example = "reader")]
    role: Option<String>,
    /// A room's password.
    password: Option<String>,
    /// A JWT, for callers that cannot set headers.
    token: Option<String>,
}

/// The parameters of `negotiate` in a body, where targets may also be lists.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; `AccessParams` reads it")]
pub struct NegotiateBody {
    room_id: Option<TextOrList>,
    chat_id: Option<TextOrList>,
    session_id: Option<TextOrList>,
    org_id: Option<TextOrList>,
    device_id: Option<TextOrList>,
    channel: Option<TextOrList>,
    username: Option<String>,
    role: Option<String>,
    password: Option<String>,
    /// A room's invite. Not allowed in a query, because a GET may be sent twice on its way.
    invite: Option<String>,
    token: Option<String>,
}

/// One id, several separated by commas, or a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum TextOrList {
    Text(String),
    List(Vec<String>),
}

/// The parameters of a call to `negotiate`, not yet validated.
#[derive(Debug)]
pub(super) struct Submission(AccessParams);

impl Submission {
    pub(super) async fn from_request(request: Request) -> Result<(HeaderMap, Self), Problem> {
        let (parts, body) = request.into_parts();
        let mut params = AccessParams::default();
        params.add_query(parts.uri.query().unwrap_or_default().as_bytes());
        if params.has_invite() {
            return Err(Problem::invalid_parameter(
                "`invite` belongs in the body of a POST: a query may be sent twice on its way",
            ));
        }
        if parts.method == axum::http::Method::POST {
            let body = read_body(body, MAX_BODY).await?;
            params.override_with(body_params(&parts.headers, &body)?);
        }
        Ok((parts.headers, Self(params)))
    }

    pub(super) fn read(self) -> Result<ParsedRequest, Problem> {
        Ok(self.0.read()?)
    }
}

fn body_params(headers: &HeaderMap, body: &[u8]) -> Result<AccessParams, Problem> {
    let mut params = AccessParams::default();
    if body.is_empty() {
        return Ok(params);
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let media_type = content_type
        .and_then(|t| t.split(';').next())
        .map(str::trim);
    let media_type = media_type.map(str::to_ascii_lowercase);
    match media_type.as_deref() {
        Some("application/x-www-form-urlencoded") => {
            params.add_query(body);
        }
        // `fetch` sends a string body as text/plain by default.
        Some("application/json" | "text/plain") | None => match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => params.add_json(&members)?,
            _ => return Err(Problem::invalid_parameter("the body must be a JSON object")),
        },
        Some(_) => {
            return Err(Problem::invalid_parameter(
                "the body must be a JSON object or a form",
            ));
        }
    }
    Ok(params)
}
