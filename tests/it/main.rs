//! Tests of the whole handler, from outside: one file for each function folder, and one for each
//! thing that goes across them.
#![cfg(test)]

mod support;

mod chat;
mod connect_event;
mod cors;
mod functions;
mod health;
mod identity;
mod message_event;
mod negotiate;
mod openapi;
mod openid;
mod serve;
mod status;
mod store;
mod triggers;
mod upstream;
mod webhook;

#[cfg(feature = "dev")]
mod chats;
#[cfg(feature = "dev")]
mod dev;
#[cfg(feature = "dev")]
mod managed_identity;
#[cfg(feature = "dev")]
mod promises;
#[cfg(feature = "dev")]
mod readme;
#[cfg(feature = "dev")]
mod speech;
