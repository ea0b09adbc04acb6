//! Azure OpenAI: chat completions, streamed, and transcripts of audio.

mod account;
mod client;
mod completion;
mod error;
mod multipart;
mod patience;
mod sse;
mod wire;

pub use account::{OpenAiAccount, OpenAiCredential, is_name};
pub use client::AzureOpenAi;
pub use completion::{Completion, Event, Finish};
pub use error::OpenAiError;
pub use patience::patiently;
pub use wire::{Role, Turn};
