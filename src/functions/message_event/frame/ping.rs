//! `ping`: is anybody there?

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::clock::rfc3339;

#[derive(Debug, PartialEq)]
pub struct Ping {
    pub timestamp: Option<Value>,
}

/// Repeats the client's time, so that the client can measure the round trip; otherwise it holds
/// the server's.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "pong")]
pub(super) struct Pong {
    timestamp: Value,
}

impl Ping {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        Ok(Self {
            timestamp: fields.timestamp("timestamp")?,
        })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let server_time = || rfc3339(call.app.clock.now()).into();
        Ok(Some(Reply::of(&Pong {
            timestamp: self.timestamp.unwrap_or_else(server_time),
        })))
    }
}
