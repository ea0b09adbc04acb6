//! The body of a queue trigger's call in the host's JSON mode.

use serde::Deserialize;
use serde_json::Value;

/// The queue message of one call.
#[derive(Debug, PartialEq)]
pub(super) struct Invocation {
    /// `None` if there is none.
    pub(super) text: Option<String>,
    /// How often the message was taken, including this time. The host lets properties of the
    /// message overwrite it, so nothing but retries may depend on it.
    pub(super) dequeue_count: u32,
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
    #[serde(rename = "DequeueCount", default)]
    dequeue_count: Value,
}

impl Invocation {
    pub(super) fn read(body: &[u8]) -> Self {
        match serde_json::from_slice(body) {
            Ok(Body { data, metadata }) => Self {
                text: Some(text(data.message)),
                dequeue_count: number(&metadata.dequeue_count).unwrap_or(1),
            },
            Err(_) => Self::unreadable(),
        }
    }

    pub(super) fn unreadable() -> Self {
        Self {
            text: None,
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
        let body = json!({ "Data": { "message": message }, "Metadata": { "DequeueCount": count } });
        Invocation::read(body.to_string().as_bytes())
    }

    #[test]
    fn a_message_is_read_in_each_form_of_the_host() {
        let expected = |dequeue_count| Invocation {
            text: Some(r#"{"kind":"clear"}"#.to_owned()),
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
