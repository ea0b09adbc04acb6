//! `audio.end`: the end of a stream, answered with its summary. The next chunk begins a new one.

use serde::Serialize;
use utoipa::ToSchema;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::audio::Summary;
use crate::ids::target::Channel;

#[derive(Debug, PartialEq, Eq)]
pub struct AudioEnd;

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "audio_summary")]
pub(super) struct AudioSummary {
    #[serde(flatten)]
    summary: Summary,
}

impl AudioEnd {
    pub(super) fn read(_: &Fields) -> Result<Self, FrameError> {
        Ok(Self)
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        call.check_channel(Channel::Audio)?;
        let tally = call.connection.state_mut().audio.take();
        let summary = tally.unwrap_or_default().summary();
        Ok(Some(Reply::of(&AudioSummary { summary })))
    }
}
