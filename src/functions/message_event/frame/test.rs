//! `test`: a client tries whether its messages arrive.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::clock::rfc3339;

#[derive(Debug, PartialEq)]
pub struct Test {
    pub message: String,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "test_response", rename_all = "camelCase")]
pub(super) struct TestResponse {
    original_message: String,
    message: &'static str,
    timestamp: String,
}

impl Test {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        // Checked although it is unused, so that a mistake in it does not surface in another frame.
        fields.timestamp("timestamp")?;
        Ok(Self {
            message: fields.text("message")?.to_owned(),
        })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        Ok(Some(Reply::of(&TestResponse {
            original_message: self.message,
            message: "Your test message arrived.",
            timestamp: rfc3339(call.app.clock.now()),
        })))
    }
}
