//! A stand-in for the Azure Functions host, for custom handlers.
//!
//! It reads an app's `host.json` and `function.json` folders, starts the handler and passes
//! requests to it. It has the same bugs as the real host: its tests compare it with exchanges
//! that were recorded from the real host's code.
//!
//! ```no_run
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let app = devhost::App::load("path/to/app", devhost::Options::default())?;
//! let listener = tokio::net::TcpListener::bind(("127.0.0.1", 7071)).await?;
//! let events = |event: devhost::HostEvent| drop(event);
//! devhost::run(app, listener, events, std::future::pending()).await?;
//! # Ok(())
//! # }
//! ```

mod app;
mod clock;
mod cors;
mod event;
mod firing;
mod forward;
mod front;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod handler;
mod host;
mod http;
mod json;
#[cfg(test)]
mod properties;
mod queue;
mod route;
mod run;
mod site;
mod static_files;
mod supervisor;
mod trigger;

pub use app::{App, CorsSettings, FunctionInfo, Keys, LoadError, LocalSettings, Options, Plan};
pub use event::{Call, Fate, HandlerExit, Headers, HostError, HostEvent, Line, Outcome, Source};

pub use route::RouteError;
pub use run::{run, run_watching};
pub use site::{Site, SiteReply, SiteRequest};
pub use static_files::{StaticFile, read_static_file};
