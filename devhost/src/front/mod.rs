//! The side of the host that callers see: it reads requests, finds their function and answers.

mod admin;
mod answered;
mod fallback;
mod json_call;
mod json_reply;
mod keys;
mod pipeline;
mod proxy;
mod proxy_head;
mod redact;
mod request;
mod serve;
mod site;

#[cfg(feature = "fuzzing")]
pub(crate) use json_reply::of as json_reply;
#[cfg(feature = "fuzzing")]
pub(crate) use proxy_head::of as proxied_head;
#[cfg(feature = "fuzzing")]
pub(crate) use request::Request;
pub(crate) use serve::serve;
