//! What is promised about messages, put to the test: several handlers as processes of their own
//! on one store, while they are killed, and while the store is away or slow. The test plays the
//! service's side of the webhooks, and the emulator is the service that the handlers call.

mod counted;
mod ears;
mod handler;
mod history;
mod person;
mod service;
mod stores;
mod wire;

mod cost;
mod crash;
mod large;
mod log;
mod numbers;
mod outage;
mod slow;
mod word;

use ears::Ears;
use handler::Handler;
use history::History;
use person::{Answer, Person};
use service::Service;
use stores::Place;
use wire::Wire;

/// One crowd at a time: the machines that tests run on are small, and a store that has no time left
/// to answer proves nothing.
static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
