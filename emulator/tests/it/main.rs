//! The emulator from outside: raw WebSockets, raw HTTP, a handler that records.
#![cfg(test)]

mod support;

mod clients;
mod command;
mod connect_event;
mod control;
mod deliveries;
mod entra;
mod group_state;
mod handlers;
mod protobuf_clients;
mod recovery;
mod rest;
mod rest_listing;
mod robustness;
mod simple_clients;
mod state;
mod streams;
mod tls;
mod tokens;
