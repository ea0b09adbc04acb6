//! Client connections: the handshake, the sockets, and the requests of clients.

mod admission;
mod close_reason;
mod commands;
mod handshake;
mod invoke;
mod publisher;
mod reader;
mod recovery;
mod session;
mod socket;
mod upgrade;
mod when_woken;

pub(crate) use handshake::handshake;
pub(crate) use recovery::await_recovery;
