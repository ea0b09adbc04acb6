//! The tests of the crate's public interface, with Microsoft's packages as the reference.

#![cfg(test)]

mod members;
mod properties;
mod recorded_events;
mod requests;
mod retry;

mod operations;
mod sdk_requests;
mod sdk_tokens;

mod sdk;
mod server;
