//! The queue service: queues live in memory and in a journal, from which they are restored.

mod journal;
mod queues;
mod rest;
mod state;

pub(crate) use queues::Queues;
pub(crate) use rest::{MAX_BODY, answer};
