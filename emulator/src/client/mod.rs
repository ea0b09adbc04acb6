//! Clients: how they get in, what their sockets carry, what they may ask for.

mod act;
mod admission;
mod farewell;
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
