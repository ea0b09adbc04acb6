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

// In reading order: what it is told, what arrives, what it keeps, what it says.
mod app;
mod client;
mod clock;
mod config;
mod connection;
mod control;
mod filter;
mod frame;
mod group_state;
mod hub;
mod ids;
mod lock;
mod message;
mod metadata;
mod names;
mod outbox;
mod pattern;
mod permissions;
mod protocol;
mod query;
mod rest;
mod server;
mod streams;
mod token;
mod upstream;

pub use app::HubSettings;
pub use clock::Clock;
pub use config::{
    Config, ConfigError, EventHandler, FailingEvents, HubConfig, InvalidKey, InvalidTemplate, Keys,
    SystemEvent, Timing,
};
pub use server::{Emulator, Error, listen, run};
