#![cfg(test)]

mod members;
mod requests;
mod retry;

mod sdk_requests;
mod sdk_tokens;

mod sdk;
mod server;
