//! `test`: a client tries whether its words arrive.

use serde::Serialize;

use super::code::FrameError;
use super::fields::Fields;
use crate::clock::{Clock, rfc3339};

#[derive(Debug, PartialEq)]
pub struct TestRequest {
    pub message: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestReply {
    original_message: String,
    message: &'static str,
    timestamp: String,
}

impl TestRequest {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        // The client's time is checked, so that a mistake in it does not wait for another frame.
        fields.timestamp("timestamp")?;
        Ok(Self {
            message: fields.text("message")?.to_owned(),
        })
    }

    pub fn reply(self, clock: &Clock) -> TestReply {
        TestReply {
            original_message: self.message,
            message: "Your test message arrived.",
            timestamp: rfc3339(clock.now()),
        }
    }
}
