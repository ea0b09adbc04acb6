//! Tests of the promises about messages: several handler processes share one store and are killed,
//! or the store is slow or unreachable. The test sends the service's webhooks itself; the emulator
//! is the service that the handlers call.

mod counted;
mod handler;
mod history;
mod listeners;
mod network;
mod person;
mod service;

mod cost;
mod crash;
mod inbox;
mod large;
mod log;
mod memory;
mod numbers;
mod outage;
mod sent_record;
mod slow;
mod telemetry;
mod window;

use crate::support::StoreSettings;
use handler::Handler;
use history::History;
use listeners::Listeners;
use network::Network;
use person::{Outcome, Person};
use service::Service;

/// Load tests run one at a time: test machines are small, and a store starved of CPU time proves
/// nothing.
static LOAD_TEST_LOCK: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
