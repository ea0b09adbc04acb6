//! Tests of the emulator over raw WebSockets and raw HTTP, with a recording handler.
#![cfg(test)]

mod support;

// The behaviour of the service, section by section.
mod conformance;

// Features of the emulator itself.
mod command;
mod control;
mod deliveries;
mod in_process;
mod latency;
mod managed_identity;
mod robustness;
mod state;
mod tls;
