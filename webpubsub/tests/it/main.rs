#![cfg(test)]

mod members;
mod properties;
mod requests;
mod retry;

mod operations;
mod sdk_requests;
mod sdk_tokens;

mod sdk;
mod server;
