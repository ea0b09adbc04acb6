//! The side that faces the caller: reading requests, deciding whose they are, answering.

mod admin;
mod cors;
mod keys;
mod own_pages;
mod pipeline;
mod proxy;
mod request;
mod serve;
mod shown;

pub(crate) use cors::Cors;
pub(crate) use keys::ShownKey;
pub(crate) use pipeline::Failure;
#[cfg(feature = "fuzzing")]
pub(crate) use proxy::head as proxied_head;
pub(crate) use request::Request;
pub(crate) use serve::serve;
