//! What the service brings along: events that are proved to be its own, and the sealed state of
//! the connection that each is about.

mod connection;
mod signed_event;

pub use connection::{Connection, ConnectionState, EventStamp, JoinedChat, seal, state_header};
pub use signed_event::SignedEvent;
