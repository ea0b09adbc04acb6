//! The actors of the tests.

mod answer;
mod app;
mod client;
mod event;

pub(crate) use answer::Answer;
pub(crate) use app::{KEY, NOW, TestApp};
pub(crate) use client::{Client, dial, ticket};
pub(crate) use event::{Event, signature};
