//! The HTTP answer that a JSON answer describes.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::answered::CallError;
use crate::app::{Function, Output};
use crate::http::{Reply, ReplyBody};
use crate::json::{Envelope, looks_like_base64, plain_text, pretty};

const TEXT: &str = "text/plain; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

/// The answer to the caller, from the outputs of a function.
pub(crate) fn of(
    function: &Function,
    envelope: &Envelope,
    to_head: bool,
) -> Result<Reply, CallError> {
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
            Some(value) => Ok(plain_value(value)),
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
        (Some(_), _) => Err(CallError::new(format!("Outputs.{name} is not an object"))),
        (None, Some(Value::String(text))) => Ok(plain_value(&Value::String(text.clone()))),
        (None, Some(value)) => {
            let body = ReplyBody::Sized(value.to_string().into());
            Ok(Reply::new(200, body).with("Content-Type", JSON))
        }
        // If there are outputs but not this one, the host answers with an empty object.
        (None, None) if envelope.outputs.is_some() => {
            Ok(Reply::new(200, ReplyBody::Chunked("{}".into())).with("Content-Type", TEXT))
        }
        (None, None) => Ok(Reply::new(204, ReplyBody::Absent)),
    }
}

/// A value that does not describe an answer: it becomes the body.
fn plain_value(value: &Value) -> Reply {
    let text = plain_text(value);
    match looks_like_base64(&text).filter(|_| value.is_string()) {
        Some(bytes) => Reply::new(200, ReplyBody::Chunked(bytes.into())),
        None => Reply::new(200, ReplyBody::Chunked(text.into())).with("Content-Type", TEXT),
    }
}

/// An object that describes an answer: `statusCode`, `headers` and `body`. All other members,
/// including `status`, are ignored.
fn describe(
    described: &Map<String, Value>,
    print: fn(&Value) -> String,
    to_head: bool,
) -> Result<Reply, CallError> {
    let status = described.get("statusCode").and_then(|status| match status {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    });
    let status = u16::try_from(status.unwrap_or(200))
        .ok()
        .filter(|status| (100..1000).contains(status));
    let status = status.ok_or_else(|| CallError::new("statusCode is not a status"))?;

    let body: Bytes = match described.get("body") {
        None | Some(Value::Null) => Bytes::new(),
        Some(Value::String(text)) => text.clone().into(),
        Some(value @ (Value::Object(_) | Value::Array(_))) => print(value).into(),
        Some(scalar) => plain_text(scalar).into(),
    };
    let bodyless = matches!(status, 204 | 205 | 304) || status < 200;
    if bodyless && !body.is_empty() {
        return Err(CallError::new(format!(
            "an answer with status {status} cannot have a body"
        )));
    }
    let body = match (bodyless || to_head, body.is_empty()) {
        (true, _) => ReplyBody::Absent,
        (false, true) => ReplyBody::Sized(body),
        (false, false) => ReplyBody::Chunked(body),
    };
    let mut reply = Reply::new(status, body);
    add_headers(&mut reply, described)?;
    // .NET serialises an object itself when its type is JSON, and names the charset.
    let is_json = |value: &str| value.trim().eq_ignore_ascii_case("application/json");
    let is_object = described.get("body").is_some_and(Value::is_object);
    if is_object && reply.fields.text("Content-Type").is_some_and(is_json) {
        reply.fields.replace("Content-Type", JSON.into());
    }
    if !reply.fields.contains("Content-Type") {
        reply.fields.push("Content-Type", TEXT);
    }
    Ok(reply)
}

/// An invalid header fails the call; the 500 then has the headers before it.
fn add_headers(reply: &mut Reply, described: &Map<String, Value>) -> Result<(), CallError> {
    let headers = match described.get("headers") {
        None | Some(Value::Null) => return Ok(()),
        Some(Value::Object(headers)) => headers,
        Some(_) => return Err(CallError::new("headers is not an object")),
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
            return Err(CallError {
                reply: Box::new(Reply {
                    fields,
                    ..Reply::failed()
                }),
                reason: format!("the header {name} of the answer is invalid"),
            });
        }
        // The server itself sets these two.
        if !name.eq_ignore_ascii_case("Content-Length")
            && !name.eq_ignore_ascii_case("Transfer-Encoding")
        {
            reply.fields.push(name.clone(), text);
        }
    }
    Ok(())
}
