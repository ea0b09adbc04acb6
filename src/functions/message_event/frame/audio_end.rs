//! `audio.end`: the end of a stream, answered with its summary. The next chunk begins a new one. A recording
//! goes to its transcription.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::audio::Summary;
use crate::ids::target::Channel;

#[derive(Debug, PartialEq, Eq)]
pub struct AudioEnd;

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "audio_summary", rename_all = "camelCase")]
pub(super) struct AudioSummary {
    #[serde(flatten)]
    summary: Summary,
    /// Its transcript follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    recording_id: Option<Uuid>,
}

impl AudioEnd {
    pub(super) fn read(_: &Fields) -> Result<Self, FrameError> {
        Ok(Self)
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        call.check_channel(Channel::Audio)?;
        let recording_id = end_recording(call).await?;
        let tally = call.connection.state_mut().audio.take();
        let summary = tally.unwrap_or_default().summary();
        Ok(Some(Reply::of(&AudioSummary {
            summary,
            recording_id,
        })))
    }
}

/// If the task cannot be put on the queue, nothing is changed and the client may try again.
async fn end_recording(call: &mut Call<'_>) -> Result<Option<Uuid>, FrameError> {
    let (recordings, connection) = (&call.app.recordings, &call.connection);
    let Some(recording) = connection.recording() else {
        return Ok(None);
    };
    let id = (!recording.is_empty()).then(|| recording.id());
    match id {
        Some(_) => {
            let user = &connection.binding().user;
            recordings.finish(recording, connection.id(), user).await?;
        }
        None => recordings.discard(recording).await,
    }
    call.connection.state_mut().recording = None;
    Ok(id)
}
