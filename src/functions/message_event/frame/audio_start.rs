//! `audio.start`: begins a stream, and a recording of it if the client asks for its transcript.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::{Builder, Uuid};

use super::call::Call;
use super::code::{Code, FrameError};
use super::fields::Fields;
use super::reply::Reply;
use crate::ids::target::Channel;
use crate::recordings::{Format, RecordingError};
use crate::store::hash::digest;

#[derive(Debug, PartialEq, Eq)]
pub struct AudioStart {
    /// The format of the recording, if there is to be one.
    record: Option<Format>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "audio_started", rename_all = "camelCase")]
pub(super) struct AudioStarted {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    recording_id: Option<Uuid>,
}

impl AudioStart {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let transcribe = fields.flag("transcribe")?.unwrap_or(false);
        let format = match fields.get("format") {
            Some(_) => Some(read_format(fields)?),
            None => None,
        };
        if transcribe && format.is_none() {
            return Err(FrameError::missing("format"));
        }
        Ok(Self {
            record: format.filter(|_| transcribe),
        })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        call.check_channel(Channel::Audio)?;
        let app = call.app;
        if self.record.is_some() {
            check_recordings(call)?;
        }
        let state = call.connection.state_mut();
        state.audio = None;
        if let Some(unfinished) = state.recording.take() {
            app.recordings.discard(&unfinished).await;
        }
        if let Some(format) = self.record {
            let id = recording_id(call);
            let caller = call.binding().rate_limit_key().hash();
            let recording = app.recordings.start(id, format, caller).await?;
            call.connection.state_mut().recording = Some(recording);
        }
        let recording = &call.connection.state_mut().recording;
        let recording_id = recording.as_ref().map(|recording| recording.id());
        Ok(Some(Reply::of(&AudioStarted { recording_id })))
    }
}

fn read_format(fields: &Fields) -> Result<Format, FrameError> {
    let format = fields.text("format")?.parse();
    let expected = "one of `webm`, `ogg`, `mp3`, `mp4`, `wav`";
    format.map_err(|_| FrameError::invalid("format", expected))
}

fn check_recordings(call: &Call<'_>) -> Result<(), FrameError> {
    let app = call.app;
    if !app.recordings.is_available() {
        return Err(RecordingError::NotSetUp.into());
    }
    if !app.assistant.admits(call.binding().is_anonymous()) {
        return Err(FrameError::new(
            Code::Forbidden,
            "sign in to have audio transcribed",
        ));
    }
    Ok(())
}

/// Derives from the event, so that the service's retry of it begins no second recording.
fn recording_id(call: &Call<'_>) -> Uuid {
    let hash = digest(&[
        "recording",
        call.connection.id(),
        &call.connection.event().id,
    ]);
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}
