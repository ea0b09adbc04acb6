//! Switchboard: a real-time back end without a socket server. Azure Web PubSub holds the
//! sockets; this handler, behind Azure Functions, decides who may connect and answers what
//! clients send.
//!
//! Read it in this order, which is also the order of the imports: each module uses only those
//! below it. [`functions`] has every route; a route's handler is in the module named like its
//! function folder; the rules are in [`access`], [`assistant`], [`conversation`], [`devices`],
//! [`feeds`] and [`recordings`].

pub mod command;

pub mod functions;

pub mod app;
pub mod assistant;
pub mod recordings;

pub mod http;

pub mod access;

pub mod audio;
pub mod conversation;
pub mod devices;
pub mod feeds;

pub mod store;
pub mod trace_export;

pub mod config;

pub mod azure;

pub mod ids;

pub mod clock;
pub mod logging;
