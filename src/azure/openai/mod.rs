//! Azure OpenAI: chat completions of one deployment, streamed.

mod account;
mod client;
mod completion;
mod error;
mod sse;
mod wire;

pub use account::{OpenAiAccount, OpenAiCredential, is_name};
pub use client::AzureOpenAi;
pub use completion::{Completion, Event, Finish};
pub use error::OpenAiError;
pub use wire::{Role, Turn};
