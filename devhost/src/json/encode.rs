//! How values are encoded in `Data` and `Metadata`: mostly as JSON inside a JSON string.

use jiff::Timestamp;
use jiff::civil::DateTime;
use serde_json::{Map, Value};

/// A text: its JSON encoding, as a JSON string.
pub(crate) fn encoded_text(text: &str) -> Value {
    Value::String(Value::String(text.to_owned()).to_string())
}

/// Any value: objects stay objects, everything else becomes a string with its JSON encoding.
pub(crate) fn encode(value: &Value) -> Value {
    match value {
        Value::Object(_) => value.clone(),
        other => Value::String(other.to_string()),
    }
}

/// Merges the members of a payload into the metadata, as the host does with any text that is a
/// JSON object. They overwrite even the host's own entries.
pub(crate) fn merge_payload(metadata: &mut Map<String, Value>, payload: &str) {
    let Ok(Value::Object(members)) = serde_json::from_str(payload) else {
        return;
    };
    for (key, value) in members {
        let existing = metadata
            .keys()
            .find(|other| other.eq_ignore_ascii_case(&key))
            .cloned();
        let value = match value {
            Value::Array(_) => continue,
            Value::Null => {
                existing.map(|key| metadata.shift_remove(&key));
                continue;
            }
            Value::Object(_) => value,
            scalar => encoded_text(&plain_text(&scalar)),
        };
        if !key.to_ascii_lowercase().ends_with("trigger") {
            metadata.insert(existing.unwrap_or(key), value);
        }
    }
}

/// A value as .NET prints it.
pub(crate) fn plain_text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::Number(number) => match number.as_f64() {
            Some(whole) if number.is_f64() && whole.fract() == 0.0 && whole.abs() < 1e15 => {
                format!("{whole:.0}")
            }
            _ => number.to_string(),
        },
        Value::String(text) => date(text).unwrap_or_else(|| text.clone()),
        other => pretty(other),
    }
}

/// The host takes a text that looks like a date for one, and prints it in another form.
fn date(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    if bytes.len() < 19 || bytes[4] != b'-' || bytes[10] != b'T' || bytes[13] != b':' {
        return None;
    }
    let read = match text.parse::<Timestamp>() {
        Ok(instant) => jiff::tz::Offset::UTC.to_datetime(instant),
        Err(_) => text.parse::<DateTime>().ok()?,
    };
    Some(read.strftime("%m/%d/%Y %H:%M:%S").to_string())
}

pub(crate) fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{encoded_text, merge_payload, plain_text};

    #[test]
    fn text_is_encoded_twice() {
        assert_eq!(encoded_text("say \"hi\""), json!(r#""say \"hi\"""#));
    }

    #[test]
    fn a_payload_overwrites_metadata_in_any_case_and_null_removes_it() {
        let mut metadata: Map<String, Value> = json!({"Id": "1", "PopReceipt": "2"})
            .as_object()
            .unwrap()
            .clone();

        merge_payload(
            &mut metadata,
            r#"{"id": 7, "popreceipt": null, "list": [1], "myTrigger": 1}"#,
        );

        assert_eq!(Value::Object(metadata), json!({"Id": "\"7\""}));
    }

    #[test]
    fn values_are_printed_as_dotnet_prints_them() {
        assert_eq!(plain_text(&json!(true)), "True");
        assert_eq!(plain_text(&json!(2.0)), "2");
        assert_eq!(
            plain_text(&json!("2024-10-24T01:02:03+01:00")),
            "10/24/2024 00:02:03"
        );
        assert_eq!(
            plain_text(&json!("2024-10-24T01:02:03")),
            "10/24/2024 01:02:03"
        );
        assert_eq!(plain_text(&json!("2024-10-24")), "2024-10-24");
    }
}
