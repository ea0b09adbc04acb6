//! `rooms`: administrators set up and moderate rooms; the messages, files and presence of every
//! conversation are read here too.

pub mod files;
pub mod invites;
pub mod messages;
pub mod presence;
pub mod record;
pub mod sanctions;

mod access;
mod effects;
mod path;
