//! `rooms`: rooms that administrators set up and keep in order, and what is said in them.

mod access;
mod path;

pub(crate) use access::{Asking, Entrant};
pub(crate) use path::{PlacePath, RoomPath};
