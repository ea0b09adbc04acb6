//! A deployment of Azure OpenAI, as the settings name it.

use secrecy::SecretString;
use url::Url;

#[derive(Debug, Clone)]
pub struct OpenAiAccount {
    pub endpoint: Url,
    pub credential: OpenAiCredential,
    pub api_version: String,
    /// The deployment that answers questions.
    pub deployment: String,
    /// The deployment that transcribes audio, if there is one.
    pub transcribe_deployment: Option<String>,
}

#[derive(Debug, Clone)]
pub enum OpenAiCredential {
    Key(SecretString),
    ManagedIdentity { client_id: Option<String> },
}

/// Whether the text is safe in a path and a query, as names of deployments and versions are.
pub fn is_name(text: &str) -> bool {
    let safe = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=128).contains(&text.len()) && text.bytes().all(safe) && !text.starts_with('.')
}
