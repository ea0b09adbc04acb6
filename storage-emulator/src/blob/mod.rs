//! The blob service: each blob is a file, its content behind one line that describes it.

mod containers;
mod file;
mod listing;
mod range;
mod rest;

pub(crate) use containers::Blobs;
pub(crate) use rest::answer;
