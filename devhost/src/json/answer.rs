//! The handler's answer in the JSON protocol.

use base64::Engine as _;
use serde_json::{Map, Value};

use super::encode::plain_text;
use crate::handler::HandlerAnswer;
use crate::http::MediaType;

/// The handler's answer to an invocation.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) outputs: Option<Map<String, Value>>,
    pub(crate) logs: Vec<String>,
    pub(crate) returned: Option<Value>,
}

/// Why an answer makes the invocation fail.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error("the handler answered {0}; only 2xx means success, and its body and Logs are lost")]
    Status(u16),
    #[error("the handler's answer has the content type {0:?} instead of application/json")]
    ContentType(String),
    #[error("the host does not understand the handler's answer: {0}")]
    Malformed(String),
}

impl Envelope {
    /// `None` if the host would wait forever: only an object completes an invocation.
    pub(crate) fn parse(answer: &HandlerAnswer) -> Result<Option<Self>, AnswerError> {
        if !(200..300).contains(&answer.status) {
            return Err(AnswerError::Status(answer.status));
        }
        if answer.body.is_empty() {
            return Ok(None);
        }
        let content_type = answer.fields.text("Content-Type").unwrap_or_default();
        let parsed = MediaType::parse(content_type);
        let media_type = parsed
            .filter(|parsed| {
                let is = |other| parsed.essence.eq_ignore_ascii_case(other);
                is("application/json") || is("text/json")
            })
            .ok_or_else(|| AnswerError::ContentType(content_type.to_owned()))?;
        let text = decode(&answer.body, media_type.charset());
        match serde_json::from_str(&text) {
            Ok(Value::Null) => Ok(None),
            Ok(Value::Object(members)) => Self::of(members).map(Some),
            Ok(_) => Err(AnswerError::Malformed(
                "it is JSON, but not an object".to_owned(),
            )),
            Err(error) => Err(AnswerError::Malformed(error.to_string())),
        }
    }

    /// The three names match in any case; all others are ignored.
    fn of(members: Map<String, Value>) -> Result<Self, AnswerError> {
        let mut envelope = Self::default();
        for (name, value) in members {
            match (name.to_ascii_lowercase().as_str(), value) {
                (_, Value::Null) => {}
                ("outputs", Value::Object(outputs)) => envelope.outputs = Some(outputs),
                ("outputs", _) => {
                    return Err(AnswerError::Malformed(
                        "Outputs is not an object".to_owned(),
                    ));
                }
                ("logs", Value::Array(lines)) => {
                    envelope.logs = lines.iter().map(log_line).collect::<Result<_, _>>()?;
                }
                ("logs", _) => return Err(AnswerError::Malformed("Logs is not a list".to_owned())),
                ("returnvalue", value) => envelope.returned = Some(value),
                _ => {}
            }
        }
        Ok(envelope)
    }
}

fn log_line(line: &Value) -> Result<String, AnswerError> {
    match line {
        Value::Array(_) | Value::Object(_) => Err(AnswerError::Malformed(
            "an entry of Logs is not a string".to_owned(),
        )),
        line => Ok(plain_text(line)),
    }
}

fn decode(body: &[u8], charset: Option<&str>) -> String {
    let wide = |bytes: &[u8], read: fn([u8; 2]) -> u16| {
        let units = bytes.chunks_exact(2).map(|pair| read([pair[0], pair[1]]));
        char::decode_utf16(units)
            .map(|unit| unit.unwrap_or('\u{fffd}'))
            .collect::<String>()
    };
    let text = match charset.map(str::to_ascii_lowercase).as_deref() {
        Some("utf-16" | "utf-16le") => wide(body, u16::from_le_bytes),
        Some("utf-16be") => wide(body, u16::from_be_bytes),
        Some("iso-8859-1" | "latin1") => body.iter().copied().map(char::from).collect(),
        _ => String::from_utf8_lossy(body).into_owned(),
    };
    text.strip_prefix('\u{feff}')
        .map(str::to_owned)
        .unwrap_or(text)
}

/// Decodes a text if it is valid base64: the host then assumes that it is meant as such.
pub(crate) fn looks_like_base64(text: &str) -> Option<Vec<u8>> {
    let dense: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n'))
        .collect();
    base64::engine::general_purpose::STANDARD.decode(dense).ok()
}
