use base64::Engine as _;
use serde_json::{Map, Value};

use super::encode::plain_text;
use crate::handler::HandlerAnswer;
use crate::http::MediaType;

/// What a handler answered to an invocation.
#[derive(Debug, Default)]
pub(crate) struct Envelope {
    pub(crate) outputs: Option<Map<String, Value>>,
    pub(crate) logs: Vec<String>,
    pub(crate) returned: Option<Value>,
}

/// An answer that makes the invocation fail.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unusable {
    #[error("the handler answered {0}; only 2xx is a success, and its body and Logs are lost")]
    Status(u16),
    #[error("the handler's answer has the content type {0:?}; it has to be application/json")]
    ContentType(String),
    #[error("the handler's answer is not what the host understands: {0}")]
    Malformed(String),
}

impl Envelope {
    /// `None` where the host would wait for ever: it completes an invocation only with an object.
    pub(crate) fn parse(answer: &HandlerAnswer) -> Result<Option<Self>, Unusable> {
        if !(200..300).contains(&answer.status) {
            return Err(Unusable::Status(answer.status));
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
            .ok_or_else(|| Unusable::ContentType(content_type.to_owned()))?;
        let text = decode(&answer.body, media_type.charset());
        match serde_json::from_str(&text) {
            Ok(Value::Null) => Ok(None),
            Ok(Value::Object(members)) => Self::of(members).map(Some),
            Ok(_) => Err(Unusable::Malformed(
                "it is JSON, but not an object".to_owned(),
            )),
            Err(error) => Err(Unusable::Malformed(error.to_string())),
        }
    }

    /// The three names match in any case; all others are passed over.
    fn of(members: Map<String, Value>) -> Result<Self, Unusable> {
        let mut envelope = Self::default();
        for (name, value) in members {
            match (name.to_ascii_lowercase().as_str(), value) {
                (_, Value::Null) => {}
                ("outputs", Value::Object(outputs)) => envelope.outputs = Some(outputs),
                ("outputs", _) => {
                    return Err(Unusable::Malformed("Outputs is not an object".to_owned()));
                }
                ("logs", Value::Array(lines)) => {
                    envelope.logs = lines.iter().map(log_line).collect::<Result<_, _>>()?;
                }
                ("logs", _) => return Err(Unusable::Malformed("Logs is not a list".to_owned())),
                ("returnvalue", value) => envelope.returned = Some(value),
                _ => {}
            }
        }
        Ok(envelope)
    }
}

fn log_line(line: &Value) -> Result<String, Unusable> {
    match line {
        Value::Array(_) | Value::Object(_) => Err(Unusable::Malformed(
            "an entry of Logs is not a text".to_owned(),
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

/// The bytes of a text that happens to be valid base64, which the host takes it for.
pub(crate) fn looks_like_base64(text: &str) -> Option<Vec<u8>> {
    let dense: String = text
        .chars()
        .filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n'))
        .collect();
    base64::engine::general_purpose::STANDARD.decode(dense).ok()
}
