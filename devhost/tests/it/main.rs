//! The host, run with real handlers and compared with recorded exchanges.
#![cfg(test)]

mod azurite;
mod binary;
mod event_hub;
mod examples;
mod forward;
mod front;
mod golden;
mod in_process;
mod json_http;
mod load;
mod process;
mod queue;
mod raw_handler;
mod support;
mod timer;
