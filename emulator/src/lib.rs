//! An emulator of Azure Web PubSub for development and tests: clients, REST API and event handlers.
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

// Configuration.
mod config;

// Entry points: client connections, the REST API, the control API.
mod client;
mod control;
mod response;
mod rest;
mod server;
mod tls;
mod transport;

// State.
mod app;
mod connection;
mod deliveries;
mod group_state;
mod hub;
mod outbox;
mod permissions;
mod snapshot;
mod streams;

// Protocols: frames for clients, events for handlers.
mod entra;
mod frame;
mod message;
mod protocol;
mod upstream;

// Shared parsers and rules.
mod filter;
mod metadata;
mod names;
mod pattern;
mod query;
mod token;

#[cfg(feature = "fuzzing")]
pub mod fuzzing;

// Utilities.
mod clock;
mod ids;
mod lock;

pub use app::HubSettings;
pub use clock::Clock;
pub use config::{
    Config, ConfigError, EventHandler, FailingEvents, HubConfig, KeyError, Keys, SystemEvent,
    TemplateError, Timing,
};
pub use server::{Emulator, Error, listen, run};
pub use tls::{Tls, TlsError};
