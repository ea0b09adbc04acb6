//! Ids from outside. Each type has one fallible parser, so every value is valid.

pub mod target;
pub mod user_id;

use std::borrow::Cow;

/// What a parser made of a text, if that is not the text itself.
fn changed(parsed: Cow<'_, str>) -> Option<String> {
    match parsed {
        Cow::Borrowed(_) => None,
        Cow::Owned(changed) => Some(changed),
    }
}
