//! The host, run with real handlers and compared with recorded exchanges.
#![cfg(test)]

mod azurite;
mod binary;
mod examples;
mod front;
mod golden;
mod load;
mod process;
mod queue;
mod support;
mod timer;
