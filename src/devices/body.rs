//! The body of a device's message.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::json;
use serde_json::value::{RawValue, to_raw_value};

/// Clients and services refuse JSON that is nested much deeper.
const MAX_DEPTH: usize = 60;

/// JSON as the device wrote it, with every number exact; anything else as `{"base64":"…"}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Body(Box<RawValue>);

impl Body {
    /// The host hands bodies over as text: bytes that are not UTF-8 are U+FFFD by then.
    pub fn of_text(text: &str) -> Self {
        let json = serde_json::from_str::<Box<RawValue>>(text);
        if let Some(json) = json.ok().filter(|json| depth(json.get()) <= MAX_DEPTH) {
            return Self(json);
        }
        let encoded = json!({ "base64": STANDARD.encode(text) });
        Self(to_raw_value(&encoded).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    pub fn as_json(&self) -> &RawValue {
        &self.0
    }
}

/// How deeply valid JSON is nested.
fn depth(json: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let mut bytes = json.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'[' | b'{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            b'"' => skip_string(&mut bytes),
            _ => {}
        }
    }
    deepest
}

fn skip_string(bytes: &mut impl Iterator<Item = u8>) {
    while let Some(byte) = bytes.next() {
        match byte {
            b'\\' => drop(bytes.next()),
            b'"' => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        serde_json::to_string(&Body::of_text(text)).unwrap()
    }

    #[test]
    fn json_stays_as_the_device_wrote_it() {
        for json in [
            r#"{"t":21.50,"n":9007199254740993,"e":1e400,"s":"\u00e9 [[\"{"}"#,
            "null",
            "7",
            "[]",
        ] {
            assert_eq!(shown(json), json);
        }
    }

    #[test]
    fn anything_else_is_base64() {
        assert_eq!(shown("on"), r#"{"base64":"b24="}"#);
        assert_eq!(shown(""), r#"{"base64":""}"#);
        for text in ["{\"t\":", "1 2", "\u{0}", "\u{fffd}", "{'t':1}"] {
            assert!(shown(text).starts_with(r#"{"base64":""#), "{text}");
        }
    }

    #[test]
    fn json_that_clients_would_refuse_is_base64() {
        let nested = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));

        assert_eq!(shown(&nested(MAX_DEPTH)), nested(MAX_DEPTH));
        assert!(shown(&nested(MAX_DEPTH + 1)).starts_with(r#"{"base64""#));
        assert!(shown(&nested(100_000)).starts_with(r#"{"base64""#));
    }
}
