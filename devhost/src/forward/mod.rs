//! Forwarding: an HTTP request handed to the handler nearly as it came, and the differences.

mod answer;
mod path;
mod query;
mod request;

pub(crate) use answer::reply;
pub(crate) use query::parse as parse_query;
pub(crate) use request::{Unforwardable, outgoing};
