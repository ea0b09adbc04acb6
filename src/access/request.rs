//! What a caller of `negotiate` asks for, in a query, a form or a JSON object; and the same in
//! the query of one who dials the service straight.

use std::borrow::Cow;
use std::fmt;

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::access::admission::{AccessRequest, RoomCredentials};
use crate::access::binding::Role;
use crate::access::caller::RawToken;
use crate::http::extract::read_body;
use crate::http::problem::Problem;
use crate::ids::target::Target;

const MAX_TARGETS: usize = 20;
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

/// A form that was read and makes sense.
#[derive(Debug)]
pub struct ParsedRequest {
    pub wish: AccessRequest,
    pub username: Option<String>,
    pub token: Option<RawToken>,
}

/// Collects parameters, wherever they come from. Unknown ones are passed over.
#[derive(Default)]
pub struct AccessParams {
    targets: Vec<(&'static str, String)>,
    username: Option<String>,
    role: Option<String>,
    password: Option<String>,
    invite: Option<String>,
    token: Option<String>,
}

const TARGETS: [&str; 6] = [
    "room_id",
    "chat_id",
    "session_id",
    "org_id",
    "device_id",
    "channel",
];

impl AccessParams {
    pub fn add(&mut self, name: &str, value: &str) {
        if let Some(target) = TARGETS.iter().find(|target| **target == name) {
            let ids = value.split(',').map(str::trim).filter(|id| !id.is_empty());
            self.targets.extend(ids.map(|id| (*target, id.to_owned())));
        } else if let Some(field) = self.field(name) {
            match field {
                // The Functions host joins repeated keys so; without it the answer is the same.
                Some(earlier) => {
                    earlier.push(',');
                    earlier.push_str(value);
                }
                empty => *empty = Some(value.to_owned()),
            }
        }
    }

    pub fn add_all(&mut self, name: &str, values: &[String]) {
        for value in values {
            self.add(name, value);
        }
    }

    fn add_query(&mut self, query: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(query) {
            self.add(&name, &value);
        }
    }

    fn add_json(&mut self, members: &Map<String, Value>) -> Result<(), Problem> {
        for (name, value) in members {
            let is_target = TARGETS.contains(&name.as_str());
            if !is_target && self.field(name).is_none() {
                continue;
            }
            match value {
                Value::Null => {}
                Value::String(text) => self.add(name, text),
                Value::Array(values) if is_target => {
                    for value in values {
                        let text = value.as_str();
                        self.add(name, text.ok_or_else(|| not_text(name))?);
                    }
                }
                _ => return Err(not_text(name)),
            }
        }
        Ok(())
    }

    /// Targets of both count; of what can be said once, the body's word does.
    fn override_with(&mut self, body: Self) {
        self.targets.extend(body.targets);
        self.username = body.username.or(self.username.take());
        self.role = body.role.or(self.role.take());
        self.password = body.password.or(self.password.take());
        self.invite = body.invite.or(self.invite.take());
        self.token = body.token.or(self.token.take());
    }

    fn field(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "username" => Some(&mut self.username),
            "role" => Some(&mut self.role),
            "password" => Some(&mut self.password),
            "invite" => Some(&mut self.invite),
            "token" => Some(&mut self.token),
            _ => None,
        }
    }

    pub fn has_password(&self) -> bool {
        self.password.is_some()
    }

    pub fn has_invite(&self) -> bool {
        self.invite.is_some()
    }

    pub fn read(self) -> Result<ParsedRequest, Problem> {
        let mut targets = Vec::with_capacity(self.targets.len());
        for (parameter, id) in &self.targets {
            let target = target(parameter, id)?;
            if !targets.contains(&target) {
                targets.push(target);
            }
            if targets.len() > MAX_TARGETS {
                return Err(Problem::invalid_parameter(
                    "at most 20 targets for one connection",
                ));
            }
        }
        if targets.is_empty() {
            return Err(Problem::missing_target());
        }
        let role = match self.role.as_deref() {
            None => Role::default(),
            Some("writer") => Role::Writer,
            Some("reader") => Role::Reader,
            Some(_) => {
                return Err(Problem::invalid_parameter("`role` is `writer` or `reader`"));
            }
        };
        let username = self.username.filter(|name| !name.is_empty());
        Ok(ParsedRequest {
            wish: AccessRequest {
                targets,
                role,
                display_name: username.clone(),
                shown: RoomCredentials {
                    password: self.password.map(SecretString::from),
                    invite: self.invite.map(SecretString::from),
                },
            },
            username,
            token: self.token.map(RawToken::new),
        })
    }
}

/// Passwords, invites and tokens pass through here, so nothing of it is shown.
impl fmt::Debug for AccessParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "WishForm({} targets)", self.targets.len())
    }
}

/// A call to `negotiate`, read but not yet understood.
#[derive(Debug)]
pub struct Submission(AccessParams);

impl Submission {
    pub async fn from_request(request: Request) -> Result<(HeaderMap, Self), Problem> {
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

    pub fn read(self) -> Result<ParsedRequest, Problem> {
        self.0.read()
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

fn target(parameter: &str, id: &str) -> Result<Target, Problem> {
    let target = match parameter {
        "room_id" => id.parse().map(Target::Room),
        "chat_id" => id.parse().map(Target::Chat),
        "session_id" => id.parse().map(Target::Session),
        "org_id" => id.parse().map(Target::Org),
        "device_id" => id.parse().map(Target::Device),
        _ => id.parse().map(Target::Channel),
    };
    target.map_err(|error| Problem::invalid_parameter(format!("`{parameter}` {error}")))
}

fn not_text(name: &str) -> Problem {
    let name: Cow<'_, str> = name.into();
    Problem::invalid_parameter(format!("`{name}` must be text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(query: &str) -> Result<ParsedRequest, Problem> {
        let mut form = AccessParams::default();
        form.add_query(query.as_bytes());
        form.read()
    }

    #[test]
    fn targets_may_be_repeated_or_joined() {
        for form in ["room_id=a&room_id=b", "room_id=a,b", "room_id=a%2C%20b,a"] {
            let read = query(form).unwrap();

            assert_eq!(read.wish.targets.len(), 2, "{form}");
        }
    }

    #[test]
    fn elsewhere_a_comma_is_text() {
        let name = query("room_id=a&username=Doe,+John").unwrap().username;

        assert_eq!(name.as_deref(), Some("Doe, John"));
    }

    #[test]
    fn nothing_asked_for_is_said_so() {
        for form in ["", "room_id=", "room_id=,&username=x", "ROOM=1"] {
            assert_eq!(query(form).unwrap_err().code(), "missing_target", "{form}");
        }
    }

    #[test]
    fn a_role_is_one_of_two() {
        for form in [
            "room_id=a&role=admin",
            "room_id=a&role=",
            "room_id=a&role=reader,writer",
        ] {
            assert_eq!(
                query(form).unwrap_err().code(),
                "invalid_parameter",
                "{form}"
            );
        }
    }

    #[test]
    fn twenty_targets_and_no_more() {
        let rooms = |n: usize| (0..n).map(|i| format!("room_id=r{i}&")).collect::<String>();

        assert!(query(&rooms(20)).is_ok());
        assert_eq!(query(&rooms(21)).unwrap_err().code(), "invalid_parameter");
    }

    #[test]
    fn json_may_hold_lists_but_nothing_else_than_text() {
        let read = |json: &str| {
            let mut form = AccessParams::default();
            form.add_json(&serde_json::from_str(json).unwrap())?;
            form.read()
        };

        assert_eq!(
            read(r#"{"room_id":["a","b"],"role":null,"x":1}"#)
                .unwrap()
                .wish
                .targets
                .len(),
            2
        );
        for bad in [
            r#"{"room_id":[1]}"#,
            r#"{"room_id":{}}"#,
            r#"{"room_id":"a","role":["writer"]}"#,
        ] {
            assert_eq!(read(bad).unwrap_err().code(), "invalid_parameter", "{bad}");
        }
    }
}
