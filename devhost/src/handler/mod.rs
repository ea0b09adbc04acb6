//! The handler: its process, its readiness, and the connections to it.

mod answer;
mod console;
mod invocations;
mod link;
mod process;
mod readiness;

pub(crate) use answer::HandlerAnswer;
pub(crate) use invocations::Invocations;
pub(crate) use link::{ExchangeError, Link, Outgoing, while_listening};
pub(crate) use process::{Supervisor, free_port};
pub(crate) use readiness::ping;
