//! The parameters of a request for access, and its caller. `negotiate` reads the parameters from a
//! query or a body, `connect_event` from the URL of a client that connects directly.

use std::borrow::Cow;
use std::fmt;

use http::HeaderMap;
use secrecy::SecretString;
use serde_json::{Map, Value};

use super::admission::{AccessRequest, AdmissionError, RoomCredentials, token_close_code};
use super::caller::{Caller, Callers, RawToken};
use super::peer::Peer;
use super::rate_limit::RateLimitKey;
use crate::conversation::room::Role;
use crate::ids::target::Target;
use crate::ids::user_id::UserId;

const MAX_TARGETS: usize = 20;

/// Valid parameters.
#[derive(Debug)]
pub struct ParsedRequest {
    pub access: AccessRequest,
    pub username: Option<String>,
    pub token: Option<RawToken>,
}

/// Collects parameters from any source and ignores unknown ones.
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
                // The Functions host joins repeated keys like this, so we do the same without it.
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

    pub fn add_query(&mut self, query: &[u8]) {
        for (name, value) in url::form_urlencoded::parse(query) {
            self.add(&name, &value);
        }
    }

    pub fn add_json(&mut self, members: &Map<String, Value>) -> Result<(), AdmissionError> {
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

    /// Keeps the targets of both. For every other parameter the body's value wins.
    pub fn override_with(&mut self, body: Self) {
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

    pub fn read(self) -> Result<ParsedRequest, AdmissionError> {
        let mut targets = Vec::with_capacity(self.targets.len());
        for (parameter, id) in &self.targets {
            let target = target(parameter, id)?;
            if !targets.contains(&target) {
                targets.push(target);
            }
            if targets.len() > MAX_TARGETS {
                return Err(invalid("a connection has at most 20 targets"));
            }
        }
        if targets.is_empty() {
            return Err(AdmissionError::MissingTarget);
        }
        let role = match self.role.as_deref() {
            None => Role::default(),
            Some("writer") => Role::Writer,
            Some("reader") => Role::Reader,
            Some(_) => {
                return Err(invalid("`role` must be `writer` or `reader`"));
            }
        };
        let username = self.username.filter(|name| !name.is_empty());
        Ok(ParsedRequest {
            access: AccessRequest {
                targets,
                requested_role: role,
                display_name: username.clone(),
                credentials: RoomCredentials {
                    password: self.password.map(SecretString::from),
                    invite: self.invite.map(SecretString::from),
                },
            },
            username,
            token: self.token.map(RawToken::new),
        })
    }
}

/// Hides passwords, invites and tokens.
impl fmt::Debug for AccessParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccessParams({} targets)", self.targets.len())
    }
}

fn target(parameter: &str, id: &str) -> Result<Target, AdmissionError> {
    let target = match parameter {
        "room_id" => id.parse().map(Target::Room),
        "chat_id" => id.parse().map(Target::Chat),
        "session_id" => id.parse().map(Target::Session),
        "org_id" => id.parse().map(Target::Org),
        "device_id" => id.parse().map(Target::Device),
        _ => id.parse().map(Target::Channel),
    };
    target.map_err(|error| invalid(format!("`{parameter}` {error}")))
}

fn not_text(name: &str) -> AdmissionError {
    invalid(format!("`{name}` must be text"))
}

fn invalid(detail: impl Into<Cow<'static, str>>) -> AdmissionError {
    AdmissionError::InvalidParameter(detail.into())
}

/// Identifies the caller, and the user that the caller acts for. The targets decide the close
/// code of a bad token.
pub async fn identify(
    callers: &Callers,
    headers: &HeaderMap,
    request: &ParsedRequest,
) -> Result<(Caller, UserId), AdmissionError> {
    let close_code = token_close_code(&request.access.targets);
    let refuse = |error| AdmissionError::from_caller(error, close_code);
    let caller = callers.identify(headers, request.token.as_ref()).await;
    let caller = caller.map_err(refuse)?;
    let user = callers.user(&caller, request.username.as_deref());
    Ok((caller, user.map_err(refuse)?))
}

/// The key under which calls are counted. For an anonymous caller it is the address, because such
/// a caller may take any user id.
pub fn rate_limit_key(
    caller: &Caller,
    user: &UserId,
    peer: Peer,
    headers: &HeaderMap,
    trust_forwarded_for: bool,
) -> RateLimitKey {
    match caller {
        Caller::Anonymous(_) => RateLimitKey::at(peer.address(headers, trust_forwarded_for)),
        Caller::SignedIn(_) | Caller::Backend(_) => RateLimitKey::User(user.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(query: &str) -> Result<ParsedRequest, AdmissionError> {
        let mut params = AccessParams::default();
        params.add_query(query.as_bytes());
        params.read()
    }

    #[test]
    fn targets_may_be_repeated_or_joined() {
        for text in ["room_id=a&room_id=b", "room_id=a,b", "room_id=a%2C%20b,a"] {
            let read = query(text).unwrap();

            assert_eq!(read.access.targets.len(), 2, "{text}");
        }
    }

    #[test]
    fn elsewhere_a_comma_is_text() {
        let name = query("room_id=a&username=Doe,+John").unwrap().username;

        assert_eq!(name.as_deref(), Some("Doe, John"));
    }

    #[test]
    fn a_request_without_a_target_is_refused() {
        for text in ["", "room_id=", "room_id=,&username=x", "ROOM=1"] {
            assert_eq!(query(text).unwrap_err().code(), "missing_target", "{text}");
        }
    }

    #[test]
    fn a_role_is_one_of_two() {
        for text in [
            "room_id=a&role=admin",
            "room_id=a&role=",
            "room_id=a&role=reader,writer",
        ] {
            assert_eq!(
                query(text).unwrap_err().code(),
                "invalid_parameter",
                "{text}"
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
    fn json_may_hold_lists_of_text_and_nothing_else() {
        let read = |json: &str| {
            let mut params = AccessParams::default();
            params.add_json(&serde_json::from_str(json).unwrap())?;
            params.read()
        };

        assert_eq!(
            read(r#"{"room_id":["a","b"],"role":null,"x":1}"#)
                .unwrap()
                .access
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
