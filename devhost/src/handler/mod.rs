//! Calls to the handler: connections, answers, and the invocations that run.

mod answer;
mod error;
mod invocations;
mod link;

pub(crate) use answer::HandlerAnswer;
pub(crate) use error::ExchangeError;
pub(crate) use invocations::Invocations;
pub(crate) use link::{Link, Outgoing, while_listening};
