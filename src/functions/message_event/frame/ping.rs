//! `ping`: is anybody there?

use serde::Serialize;
use serde_json::Value;

use super::code::FrameError;
use super::fields::Fields;
use crate::clock::{Clock, rfc3339};

#[derive(Debug, PartialEq)]
pub struct Ping {
    pub timestamp: Option<Value>,
}

/// Bears the client's own time if it gave one, so that it can tell how long the way was; else
/// ours.
#[derive(Debug, Serialize)]
pub struct Pong {
    timestamp: Value,
}

impl Ping {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        Ok(Self {
            timestamp: fields.timestamp("timestamp")?,
        })
    }

    pub fn reply(self, clock: &Clock) -> Pong {
        Pong {
            timestamp: self
                .timestamp
                .unwrap_or_else(|| rfc3339(clock.now()).into()),
        }
    }
}
