//! The parameters of a call to `negotiate`: in its query, and for a POST in its body too.

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

/// The parameters of a query, for the OpenAPI document.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query; `WishForm` reads it")]
pub struct NegotiateQuery {
    /// Rooms; repeatable or comma-joined, as all targets are. At least one target is needed.
    room_id: Option<String>,
    /// Chats.
    chat_id: Option<String>,
    /// Sessions of two.
    session_id: Option<String>,
    /// Organisations whose events to hear.
    org_id: Option<String>,
    /// Devices whose telemetry to hear.
    device_id: Option<String>,
    /// `notifications`, `audio`, `chats`.
    channel: Option<String>,
    /// The user id of an anonymous caller, the display name of a signed-in one; beside an API
    /// token the user to negotiate for.
    username: Option<String>,
    /// `writer` or `reader` in rooms.
    #[param(example = "reader")]
    role: Option<String>,
    /// A room's password.
    password: Option<String>,
    /// A JWT, where no header can be set.
    token: Option<String>,
}

/// The same in a body, where targets may also be lists.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the body; `WishForm` reads it")]
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
    /// A room's invite: only here, since a GET may be repeated on its way.
    invite: Option<String>,
    token: Option<String>,
}

/// One, several with commas between, or a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum TextOrList {
    Text(String),
    List(Vec<String>),
}

/// A call to `negotiate`, read but not yet understood.
#[derive(Debug)]
pub(super) struct Submission(AccessParams);

impl Submission {
    pub(super) async fn from_request(request: Request) -> Result<(HeaderMap, Self), Problem> {
        let (parts, body) = request.into_parts();
        let mut form = AccessParams::default();
        form.add_query(parts.uri.query().unwrap_or_default().as_bytes());
        if form.has_invite() {
            return Err(Problem::invalid_parameter(
                "`invite` goes into the body of a POST: a query may be sent twice on its way",
            ));
        }
        if parts.method == axum::http::Method::POST {
            let body = read_body(body, MAX_BODY).await?;
            form.override_with(body_form(&parts.headers, &body)?);
        }
        Ok((parts.headers, Self(form)))
    }

    pub(super) fn read(self) -> Result<ParsedRequest, Problem> {
        Ok(self.0.read()?)
    }
}

fn body_form(headers: &HeaderMap, body: &[u8]) -> Result<AccessParams, Problem> {
    let mut form = AccessParams::default();
    if body.is_empty() {
        return Ok(form);
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let media_type = content_type
        .and_then(|t| t.split(';').next())
        .map(str::trim);
    let media_type = media_type.map(str::to_ascii_lowercase);
    match media_type.as_deref() {
        Some("application/x-www-form-urlencoded") => {
            form.add_query(body);
        }
        // `fetch` with a string body and no header says text/plain.
        Some("application/json" | "text/plain") | None => match serde_json::from_slice(body) {
            Ok(Value::Object(members)) => form.add_json(&members)?,
            _ => return Err(Problem::invalid_parameter("the body must be a JSON object")),
        },
        Some(_) => {
            return Err(Problem::invalid_parameter(
                "the body must be a JSON object or a form",
            ));
        }
    }
    Ok(form)
}
