//! The HTTP answer a JSON answer describes.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::answered::Failure;
use crate::app::{Function, Output};
use crate::http::{Reply, ReplyBody};
use crate::json::{Envelope, looks_like_base64, plain_text, pretty};

const TEXT: &str = "text/plain; charset=utf-8";

/// What the caller gets of a function's outputs.
pub(crate) fn of(
    function: &Function,
    envelope: &Envelope,
    to_head: bool,
) -> Result<Reply, Failure> {
    let output = function.outputs.iter().find_map(|output| match output {
        Output::Http { name } => Some(name.as_str()),
        _ => None,
    });
    let Some(name) = output else {
        return Ok(Reply::new(204, ReplyBody::Absent));
    };
    if name == "$return" {
        return match &envelope.returned {
            None => Ok(Reply::new(204, ReplyBody::Absent)),
            Some(Value::Object(described)) => describe(described, Value::to_string, to_head),
            Some(value) => Ok(bare(value)),
        };
    }
    let merged = match &envelope.returned {
        Some(Value::Object(members)) => members.get(name),
        _ => None,
    };
    match (
        merged.or_else(|| envelope.outputs.as_ref()?.get(name)),
        &envelope.returned,
    ) {
        (Some(Value::Object(described)), _) => describe(described, pretty, to_head),
        (Some(_), _) => Err(Failure::new(format!("Outputs.{name} is not an object"))),
        (None, Some(Value::String(text))) => Ok(bare(&Value::String(text.clone()))),
        (None, Some(value)) => {
            let body = ReplyBody::Sized(value.to_string().into());
            Ok(Reply::new(200, body).with("Content-Type", "application/json; charset=utf-8"))
        }
        // With other outputs but not this one, the host answers with an object that is empty.
        (None, None) if envelope.outputs.is_some() => {
            Ok(Reply::new(200, ReplyBody::Chunked("{}".into())).with("Content-Type", TEXT))
        }
        (None, None) => Ok(Reply::new(204, ReplyBody::Absent)),
    }
}

/// A value alone, not a description of an answer.
fn bare(value: &Value) -> Reply {
    let text = plain_text(value);
    match looks_like_base64(&text).filter(|_| value.is_string()) {
        Some(bytes) => Reply::new(200, ReplyBody::Chunked(bytes.into())),
        None => Reply::new(200, ReplyBody::Chunked(text.into())).with("Content-Type", TEXT),
    }
}

/// `statusCode`, `headers` and `body`; every other member means nothing, `status` too.
fn describe(
    described: &Map<String, Value>,
    print: fn(&Value) -> String,
    to_head: bool,
) -> Result<Reply, Failure> {
    let status = described.get("statusCode").and_then(|status| match status {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    });
    let status = u16::try_from(status.unwrap_or(200))
        .ok()
        .filter(|status| (100..1000).contains(status));
    let status = status.ok_or_else(|| Failure::new("statusCode is no status"))?;

    let body: Bytes = match described.get("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) => text.clone().into(),
        Some(value @ (Value::Object(_) | Value::Array(_))) => print(value).into(),
        Some(scalar) => plain_text(scalar).into(),
    };
    let bodyless = matches!(status, 204 | 205 | 304) || status < 200;
    if bodyless && !body.is_empty() {
        return Err(Failure::new(format!(
            "an answer {status} cannot have a body"
        )));
    }
    let body = match (bodyless || to_head, body.is_empty()) {
        (true, _) => ReplyBody::Absent,
        (false, true) => ReplyBody::Sized(body),
        (false, false) => ReplyBody::Chunked(body),
    };
    let mut reply = Reply::new(status, body);
    add_headers(&mut reply, described)?;
    if !reply.fields.contains("Content-Type") {
        reply.fields.push("Content-Type", TEXT);
    }
    Ok(reply)
}

/// A header that cannot be sent fails the call; those before it have been set by then, and stay.
fn add_headers(reply: &mut Reply, described: &Map<String, Value>) -> Result<(), Failure> {
    let headers = match described.get("headers") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(headers)) => headers,
        Some(_) => return Err(Failure::new("headers is not an object")),
    };
    for (name, value) in headers {
        let text = plain_text(value);
        let is_one_value = !matches!(value, Value::Null | Value::Array(_) | Value::Object(_));
        let sendable = is_one_value
            && text
                .bytes()
                .all(|byte| byte == b'\t' || (b' '..0x7f).contains(&byte))
            && !name.is_empty()
            && name.bytes().all(crate::http::is_token_byte);
        if !sendable {
            let fields = std::mem::take(&mut reply.fields);
            return Err(Failure {
                reply: Box::new(Reply {
                    fields,
                    ..Reply::failed()
                }),
                why: format!("the header {name} of the answer cannot be sent"),
            });
        }
        // The server frames the body itself.
        if !name.eq_ignore_ascii_case("Content-Length")
            && !name.eq_ignore_ascii_case("Transfer-Encoding")
        {
            reply.fields.push(name.clone(), text);
        }
    }
    Ok(())
}
