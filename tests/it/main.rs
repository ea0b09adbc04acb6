//! Tests of the whole handler from outside: one file per function folder, and one per topic that
//! spans several.
#![cfg(test)]

mod support;

mod chat;
mod connect_event;
mod cors;
mod documents;
mod functions;
mod health;
mod identity;
mod infra;
mod message_event;
mod negotiate;
mod openapi;
mod openid;
mod serve;
mod sessions;
mod settings;
mod status;
mod storage_account;
mod store;
mod structure;
mod triggers;
mod upstream;
mod users;
mod webhook;

#[cfg(feature = "dev")]
mod assistant;
#[cfg(feature = "dev")]
mod broadcast;
#[cfg(feature = "dev")]
mod chat_members;
#[cfg(feature = "dev")]
mod chats;
#[cfg(feature = "dev")]
mod client_feeds;
#[cfg(feature = "dev")]
mod client_layer;
#[cfg(feature = "dev")]
mod connection_count;
#[cfg(feature = "dev")]
mod dev;
#[cfg(feature = "dev")]
mod devices;
#[cfg(feature = "dev")]
mod doctor;
#[cfg(feature = "dev")]
mod events;
#[cfg(feature = "dev")]
mod existing_clients;
#[cfg(feature = "dev")]
mod files;
#[cfg(feature = "dev")]
mod flood;
#[cfg(feature = "dev")]
mod idempotency;
#[cfg(feature = "dev")]
mod managed_identity;
#[cfg(feature = "dev")]
mod migrating;
#[cfg(feature = "dev")]
mod notifications;
#[cfg(feature = "dev")]
mod page;
#[cfg(feature = "dev")]
mod promises;
#[cfg(feature = "dev")]
mod published;
#[cfg(feature = "dev")]
mod publishing;
#[cfg(feature = "dev")]
mod queue;
#[cfg(feature = "dev")]
mod readme;
#[cfg(feature = "dev")]
mod recordings;
#[cfg(feature = "dev")]
mod room_messages;
#[cfg(feature = "dev")]
mod rooms;
#[cfg(feature = "dev")]
mod socket_messages;
#[cfg(feature = "dev")]
mod traces;
