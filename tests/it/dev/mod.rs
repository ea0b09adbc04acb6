//! `switchboard dev`, as a newcomer gets it.

mod admission;
pub(crate) mod clients;
mod process;
mod refused;
mod settings;

use serde_json::Value;

use crate::support::Dev;
use crate::support::dev::FREE_PORTS;

async fn start_dev(name: &str) -> Dev {
    Dev::start(name, &FREE_PORTS).await
}

fn url(negotiated: &Value) -> &str {
    negotiated["url"].as_str().unwrap()
}
