//! Invalid settings.

use thiserror::Error;

/// An invalid setting. The text names it.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("the configuration is not JSON: {0}")]
    NotJson(#[from] serde_json::Error),
    #[error("unknown setting {0}")]
    Unknown(String),
    #[error("the setting {path} must be {expected}")]
    WrongType {
        path: String,
        expected: &'static str,
    },
    #[error("the setting {0} is missing")]
    Missing(String),
    #[error("the setting {path} cannot be used: {why}")]
    Invalid { path: String, why: String },
}
