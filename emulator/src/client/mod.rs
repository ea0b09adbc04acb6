//! Clients: how they get in, what their sockets carry, what they may ask for.

mod act;
mod admission;
mod handshake;
mod invoke;
mod recovery;
mod session;
mod socket;

pub(crate) use admission::bearer;
pub(crate) use handshake::handshake;
