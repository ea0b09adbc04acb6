//! Ids from outside. Each type has one fallible parser, so every value is valid.

pub mod target;
pub mod user_id;
