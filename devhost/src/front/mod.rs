//! The side that faces the caller: reading requests, deciding whose they are, answering.

mod admin;
mod answered;
mod json_call;
mod json_reply;
mod keys;
mod own_pages;
mod pipeline;
mod proxy;
mod proxy_head;
mod request;
mod serve;
mod shown;

#[cfg(feature = "fuzzing")]
pub(crate) use json_reply::of as json_reply;
#[cfg(feature = "fuzzing")]
pub(crate) use proxy_head::of as proxied_head;
pub(crate) use request::Request;
pub(crate) use serve::serve;
