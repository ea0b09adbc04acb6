//! Ids that come from outside: each has one fallible constructor, so a value is always valid.

pub mod target;
pub mod user_id;
