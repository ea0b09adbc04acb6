//! The reply to a frame, as it goes back to the client.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::code::FrameError;

const BROKEN: &[u8] =
    br#"{"type":"error","error":"internal","message":"the reply cannot be serialised"}"#;

/// A JSON object with `type`.
#[derive(Debug)]
pub struct Reply(Vec<u8>);

/// The frame was carried out.
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "ok")]
pub(super) struct Done {}

impl Reply {
    /// `frame` serialises to an object.
    pub fn of(frame: &impl Serialize) -> Self {
        Self(serde_json::to_vec(frame).unwrap_or_else(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "failed to serialise a reply"
            );
            BROKEN.to_vec()
        }))
    }

    /// For a frame that has no reply of its own and carries a `requestId`.
    pub fn ok() -> Self {
        Self::of(&Done {})
    }

    pub fn error(error: &FrameError) -> Self {
        #[derive(Serialize)]
        #[serde(tag = "type", rename = "error")]
        struct ErrorFrame<'a> {
            #[serde(flatten)]
            error: &'a FrameError,
        }
        Self::of(&ErrorFrame { error })
    }

    /// The reply with the `requestId` of its frame.
    pub fn to_json(self, request_id: Option<&Value>) -> Vec<u8> {
        let Self(mut json) = self;
        if let Some(id) = request_id
            && json.pop() == Some(b'}')
        {
            json.extend_from_slice(br#","requestId":"#);
            json.extend_from_slice(id.to_string().as_bytes());
            json.push(b'}');
        }
        json
    }
}
