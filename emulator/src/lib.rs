//! Azure Web PubSub on one machine: clients, REST API and event handlers, for development and tests.
//!
//! ```no_run
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! use emulator::{Config, EventHandler, HubConfig};
//!
//! let handler = EventHandler::all("http://127.0.0.1:7071/api/{event}")?;
//! let config = Config::default().with_hub("chat", HubConfig::default().with_handler(handler));
//! let listener = emulator::listen("127.0.0.1:0".parse()?)?;
//! let connection_string = config.connection_string(listener.local_addr()?);
//! let stop = std::future::pending();
//! emulator::run(listener, config, stop).await?;
//! # Ok(()) }
//! ```

// What it is told.
mod config;

// What arrives: clients, calls, people who test.
mod client;
mod control;
mod response;
mod rest;
mod server;
mod stream;
mod tls;

// What it keeps.
mod app;
mod connection;
mod deliveries;
mod group_state;
mod hub;
mod outbox;
mod permissions;
mod snapshot;
mod streams;

// What it says: to clients, and to handlers.
mod entra;
mod frame;
mod message;
mod protocol;
mod upstream;

// Small languages and rules that the others share.
mod filter;
mod metadata;
mod names;
mod pattern;
mod query;
mod token;

#[cfg(feature = "fuzzing")]
pub mod fuzzing;

// The machine below.
mod clock;
mod ids;
mod lock;

pub use app::HubSettings;
pub use clock::Clock;
pub use config::{
    Config, ConfigError, EventHandler, FailingEvents, HubConfig, InvalidKey, InvalidTemplate, Keys,
    SystemEvent, Timing,
};
pub use server::{Emulator, Error, listen, run};
pub use tls::{Tls, TlsError};
