use base64::Engine as _;
use serde_json::Value;

/// One recorded exchange.
#[derive(Debug, Clone)]
pub(super) struct Vector {
    pub(super) value: Value,
}

const RECORDED: &str = include_str!("../../host-golden.jsonl");

/// The names of all vectors, in the order they were recorded.
pub(super) fn names() -> Vec<String> {
    RECORDED
        .lines()
        .map(|line| Vector::parse(line).name().to_owned())
        .collect()
}

impl Vector {
    pub(super) fn named(name: &str) -> Self {
        let start = format!("{{\"name\":\"{name}\",");
        Self::parse(
            RECORDED
                .lines()
                .find(|line| line.starts_with(&start))
                .unwrap(),
        )
    }

    fn parse(line: &str) -> Self {
        Self {
            value: serde_json::from_str(line).unwrap(),
        }
    }

    pub(super) fn name(&self) -> &str {
        self.value["name"].as_str().unwrap()
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.value[key].as_str()
    }

    pub(super) fn has_note(&self, words: &str) -> bool {
        self.text("note").is_some_and(|note| note.contains(words))
    }

    pub(super) fn variant(&self) -> &str {
        self.text("variant").unwrap()
    }
}

/// A recorded body. Large ones follow a rule and are made again.
pub(super) fn body(message: &Value) -> Vec<u8> {
    if let Some(text) = message["bodyText"].as_str() {
        return text.as_bytes().to_vec();
    }
    if let Some(text) = message["bodyBase64"].as_str() {
        return base64::engine::general_purpose::STANDARD
            .decode(text)
            .unwrap();
    }
    let length = message["bodyLength"].as_u64().unwrap_or_default();
    (0..length)
        .map(|at| u8::try_from((7 * at + 3) % 256).unwrap())
        .collect()
}

/// Headers as lines. One character is one byte.
pub(super) fn header_lines(message: &Value, port: u16) -> Vec<u8> {
    let mut lines = Vec::new();
    for header in message["headers"].as_array().unwrap() {
        let value = header[1].as_str().unwrap();
        let value = value
            .replace("{PORT}", &port.to_string())
            .replace("{DATE}", "Thu, 24 Oct 2024 01:02:03 GMT");
        lines.extend(latin1(header[0].as_str().unwrap()));
        lines.extend(b": ");
        lines.extend(latin1(&value));
        lines.extend(b"\r\n");
    }
    lines
}

pub(super) fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap())
        .collect()
}

pub(super) fn from_latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
