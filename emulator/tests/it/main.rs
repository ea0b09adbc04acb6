//! The emulator from outside: raw WebSockets, raw HTTP, a handler that records.
#![cfg(test)]

mod support;

// What is known of the service, section by section.
mod conformance;

// What is the emulator's own.
mod command;
mod control;
mod deliveries;
mod managed_identity;
mod robustness;
mod state;
mod tls;
