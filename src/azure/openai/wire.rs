//! The JSON of chat completions and transcripts, as far as we write and read it.

use serde::{Deserialize, Serialize};

/// One turn of the conversation that a model continues.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Turn {
    pub role: Role,
    pub content: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    System,
    User,
    Assistant,
}

#[derive(Debug, Serialize)]
pub(super) struct Request<'a> {
    pub(super) messages: &'a [Turn],
    pub(super) max_tokens: u32,
    pub(super) stream: bool,
    pub(super) stream_options: StreamOptions,
}

#[derive(Debug, Serialize)]
pub(super) struct StreamOptions {
    /// Adds a last event with the number of tokens.
    pub(super) include_usage: bool,
}

/// An event of the stream, or the body of an error. The first event of Azure holds no choice, only
/// the filter's opinion of the prompt.
#[derive(Debug, Deserialize)]
pub(super) struct Chunk {
    #[serde(default)]
    pub(super) choices: Vec<Choice>,
    #[serde(default)]
    pub(super) usage: Option<Usage>,
    #[serde(default)]
    pub(super) error: Option<ErrorBody>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    pub(super) delta: Delta,
    #[serde(default)]
    pub(super) finish_reason: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Delta {
    #[serde(default)]
    pub(super) content: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct Usage {
    pub(super) total_tokens: u64,
}

#[derive(Debug, Deserialize)]
pub(super) struct Transcript {
    pub(super) text: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorBody {
    /// Text, or sometimes the status as a number.
    #[serde(default)]
    pub(super) code: serde_json::Value,
}

impl ErrorBody {
    pub(super) fn is_content_filter(&self) -> bool {
        self.code == "content_filter"
    }

    /// The code, unless it is anything but a name: it goes into the log.
    pub(super) fn name(&self) -> &str {
        let code = self.code.as_str().unwrap_or_default();
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if code.len() <= 64 && code.bytes().all(is_name) {
            code
        } else {
            ""
        }
    }
}
