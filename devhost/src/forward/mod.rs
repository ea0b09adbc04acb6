//! Forwarding mode: the handler gets nearly the request that the caller sent.

mod answer;
mod path;
mod query;
mod request;

pub(crate) use answer::reply;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use path::forwarded as forwarded_path;
pub(crate) use query::parse as parse_query;
#[cfg(test)]
pub(crate) use query::rebuilt as rebuilt_query;
pub(crate) use request::{ForwardError, outgoing};
