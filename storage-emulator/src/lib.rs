//! An emulator of Azure blob and queue storage, for local development: one account on loopback,
//! reached through Azure's REST interface.
//!
//! Blobs are files. Queues live in memory and in a journal, so they survive the end of the
//! process, even a kill; nothing is forced to the disk before a request is answered.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use storage_emulator::{Settings, Storage};
//!
//! let blobs = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
//! let queues = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
//! let storage = Storage::open(blobs, queues, Settings::in_folder("data"))?;
//! println!("AzureWebJobsStorage={}", storage.connection_string());
//! storage.run(std::future::pending()).await;
//! # Ok(())
//! # }
//! ```
//!
//! The road of a request: `serve` (a connection) → `call` (the parsed request) → `account` and
//! `sas` (may it?) → `blob/rest` or `queue/rest` (what is answered).

mod storage;

mod serve;

mod blob;
mod queue;

mod account;
mod sas;

mod access;
mod call;
mod cors;

mod service_error;

mod clock;
mod open_error;
mod reply;
mod service;
mod settings;
mod xml;

#[cfg(feature = "fuzzing")]
pub mod fuzzing;

pub use open_error::OpenError;
pub use settings::{CorsSettings, Settings};
pub use storage::Storage;
