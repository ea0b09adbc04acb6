//! Sends messages to clients.

use std::collections::HashSet;

use bytes::Bytes;
use http::header::CONTENT_TYPE;

use super::call::{Call, accepted};
use super::error::RestError;
use crate::filter::Filter;
use crate::hub::Audience;
use crate::message::{Data, Message, Source};
use crate::metadata;
use crate::response::Response;
use crate::upstream::declared_data;

const MAX_TTL_SECONDS: u32 = 300;

impl Call<'_> {
    /// Succeeds without any receiver, too.
    pub(super) fn send(&self, audience: Audience<'_>, body: Bytes) -> Result<Response, RestError> {
        let now = self.app.clock.unix_ms();
        let source = match audience {
            Audience::Group(group) => Source::Group {
                group: group.into(),
                user: None,
            },
            Audience::Everyone | Audience::User(_) | Audience::Connection(_) => Source::Server,
        };
        let mut message = Message::new(source, self.payload(body)?);
        message.metadata = metadata::from_headers(&self.head.headers)
            .ok_or(RestError::bad_request("The metadata exceeds a limit."))?;
        message.expire_after(self.ttl_seconds()?, now);
        let filter = self.filter()?;
        let excluded: HashSet<&str> = self.query.all("excluded").collect();
        self.hub.deliver(audience, message, now, |connection| {
            !excluded.contains(&*connection.id)
                && filter
                    .as_ref()
                    .is_none_or(|filter| filter.matches(connection))
        });
        Ok(accepted())
    }

    fn payload(&self, body: Bytes) -> Result<Data, RestError> {
        let declared = self
            .head
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let media_type = declared
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase();
        match media_type.as_str() {
            "" | "text/plain" | "application/json" | "application/octet-stream" => {}
            _ => return Err(RestError::UnsupportedMediaType),
        }
        let body = if has_latin1_charset(declared) {
            latin1(&body)
        } else {
            body
        };
        declared_data(&self.head.headers, body).ok_or_else(|| {
            let what = if media_type == "application/json" {
                "a valid JSON"
            } else {
                "valid text"
            };
            RestError::bad_request(format!("The request body is not {what}."))
        })
    }

    fn ttl_seconds(&self) -> Result<u32, RestError> {
        match self.query.get("messageTtlSeconds") {
            None => Ok(0),
            Some(text) => match text.parse() {
                Ok(seconds) if seconds <= MAX_TTL_SECONDS => Ok(seconds),
                _ => Err(RestError::invalid(
                    "messageTtlSeconds",
                    "Invalid messageTtlSeconds.",
                )),
            },
        }
    }

    pub(super) fn filter(&self) -> Result<Option<Filter>, RestError> {
        parse_filter("filter", self.query.get("filter"))
    }
}

/// An absent or empty filter matches every connection.
pub(super) fn parse_filter(
    name: &'static str,
    text: Option<&str>,
) -> Result<Option<Filter>, RestError> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    Filter::parse(text).map(Some).map_err(|error| {
        let place = match error.position() {
            Some(_) => format!(" in '{text}'"),
            None => String::new(),
        };
        RestError::invalid(
            name,
            format!("Invalid syntax for '{text}': {error}{place}. (Parameter 'filter')"),
        )
    })
}

fn has_latin1_charset(content_type: &str) -> bool {
    content_type
        .split(';')
        .skip(1)
        .filter_map(|parameter| parameter.split_once('='))
        .any(|(name, value)| {
            let value = value.trim().trim_matches('"');
            name.trim().eq_ignore_ascii_case("charset")
                && (value.eq_ignore_ascii_case("iso-8859-1")
                    || value.eq_ignore_ascii_case("latin1"))
        })
}

fn latin1(bytes: &[u8]) -> Bytes {
    bytes
        .iter()
        .map(|&byte| char::from(byte))
        .collect::<String>()
        .into()
}
