//! Switchboard: a real-time back end without a socket server. Azure Web PubSub holds the
//! sockets; this handler, behind Azure Functions, decides who may connect and answers what they
//! say.
//!
//! Read it in this order: [`app`] has every route; a route's handler is in the module named like
//! its function folder; what it decides is in [`admission`], [`frame`] and the domains.

pub mod app;
#[cfg(feature = "dev")]
pub mod dev;
pub mod dev_secrets;
pub mod front;
pub mod serve;
pub mod state;
pub mod token;

pub mod chat;
pub mod connect_event;
pub mod health;
pub mod message_event;
pub mod negotiate;
pub mod openapi;
pub mod rooms;
pub mod sessions;
pub mod status;
pub mod trigger;
pub mod users;
pub mod webhooks;

pub mod admission;
pub mod attachments;
pub mod audio;
pub mod binding;
pub mod caller;
pub mod conversation;
pub mod directory;
pub mod frame;
pub mod idempotency;
pub mod seal;
pub mod target;
pub mod upstream;
pub mod user_id;

pub mod clock;
pub mod config;
pub mod managed_identity;
pub mod outgoing;
pub mod peer;
pub mod problem;
pub mod rate_limit;
pub mod service;
pub mod storage_account;
pub mod store;
pub mod sweeper;
pub mod telemetry;

mod cors;
mod extract;
mod methods;
mod paths;
