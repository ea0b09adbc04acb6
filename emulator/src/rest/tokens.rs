//! Issues client access tokens.

use http::StatusCode;
use serde_json::{Value, json};

use super::call::Call;
use super::error::{JSON, RestError};
use crate::names;
use crate::response::{Response, response};
use crate::token::sign;

const DEFAULT_MINUTES: i64 = 60;

impl Call<'_> {
    pub(super) fn generate_token(&self) -> Result<Response, RestError> {
        let minutes = match self.query.get("minutesToExpire") {
            None => DEFAULT_MINUTES,
            Some(text) => text
                .parse()
                .ok()
                .filter(|minutes| (1..=i64::from(i32::MAX)).contains(minutes))
                .ok_or(RestError::invalid(
                    "minutesToExpire",
                    "Invalid minutesToExpire.",
                ))?,
        };
        let client_type = self.query.get("clientType").unwrap_or("Default");
        let path = match client_type.to_ascii_lowercase().as_str() {
            "default" => "client",
            "mqtt" => "clients/mqtt",
            "socketio" => "clients/socketio",
            _ => return Err(RestError::invalid("clientType", "Invalid clientType.")),
        };
        let groups: Vec<&str> = self.query.all("group").collect();
        if !groups.iter().all(|group| names::is_group(group)) {
            return Err(RestError::invalid_group("group"));
        }
        let roles: Vec<&str> = self.query.all("role").collect();

        let now = self.app.clock.unix_seconds();
        let audience = format!("{}/{path}/hubs/{}", self.endpoint, self.hub.name);
        let mut claims =
            json!({ "aud": audience, "iat": now, "nbf": now, "exp": now + minutes * 60 });
        if let Some(user) = self.query.get("userId") {
            claims["sub"] = json!(user);
        }
        set_unless_empty(&mut claims, "role", &roles);
        set_unless_empty(&mut claims, "webpubsub.group", &groups);
        let body = json!({ "token": sign(&claims, &self.app.keys) });
        Ok(response(StatusCode::OK, Some(JSON), body.to_string()))
    }
}

fn set_unless_empty(claims: &mut Value, name: &str, values: &[&str]) {
    if !values.is_empty() {
        claims[name] = json!(values);
    }
}
