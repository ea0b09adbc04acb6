//! A message that a queue function carries out, and how the host's JSON mode delivers it.

use serde::Deserialize;
use serde_json::Value;

/// A message of a queue, taken once.
#[derive(Debug, PartialEq)]
pub struct Invocation {
    /// `None` if the message is not text.
    pub text: Option<String>,
    /// The same each time that the message is taken.
    pub id: Option<String>,
    /// How often the message was taken, including this time. The host lets properties of the
    /// message overwrite it and the id, so nothing but retries may depend on them.
    pub dequeue_count: u32,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Body {
    data: Data,
    #[serde(default)]
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Data {
    /// The binding's name in `function.json`.
    message: Value,
}

#[derive(Default, Deserialize)]
struct Metadata {
    #[serde(rename = "Id", default)]
    id: Option<Value>,
    #[serde(rename = "DequeueCount", default)]
    dequeue_count: Value,
}

impl Invocation {
    pub(super) fn read(body: &[u8]) -> Self {
        match serde_json::from_slice(body) {
            Ok(Body { data, metadata }) => Self {
                text: Some(text(data.message)),
                id: metadata.id.map(text),
                dequeue_count: number(&metadata.dequeue_count).unwrap_or(1),
            },
            Err(_) => Self::unreadable(),
        }
    }

    pub(super) fn unreadable() -> Self {
        Self {
            text: None,
            id: None,
            dequeue_count: 1,
        }
    }
}

/// The host encodes text twice: as a JSON string whose content is a JSON string again.
fn text(value: Value) -> String {
    match value {
        Value::String(once) => serde_json::from_str(&once).unwrap_or(once),
        other => other.to_string(),
    }
}

/// The host sends numbers as text.
fn number(value: &Value) -> Option<u32> {
    match value {
        Value::String(text) => text.parse().ok(),
        other => u32::try_from(other.as_u64()?).ok(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(message: Value, count: Value) -> Invocation {
        let metadata = json!({ "DequeueCount": count, "Id": "\"7\"" });
        let body = json!({ "Data": { "message": message }, "Metadata": metadata });
        Invocation::read(body.to_string().as_bytes())
    }

    #[test]
    fn a_message_is_read_in_each_form_of_the_host() {
        let expected = |dequeue_count| Invocation {
            text: Some(r#"{"kind":"clear"}"#.to_owned()),
            id: Some("7".to_owned()),
            dequeue_count,
        };
        let (once, twice) = (r#"{"kind":"clear"}"#, r#""{\"kind\":\"clear\"}""#);

        assert_eq!(read(json!(twice), json!("3")), expected(3));
        assert_eq!(read(json!(once), json!(3)), expected(3));
        assert_eq!(read(json!({ "kind": "clear" }), json!("x")), expected(1));
    }

    #[test]
    fn a_body_without_a_message_has_no_text() {
        for body in ["", "[]", "{}", r#"{"Data":{}}"#, "\u{0}"] {
            assert_eq!(Invocation::read(body.as_bytes()), Invocation::unreadable());
        }
    }
}
