//! `audio`: one chunk of a stream, kept if the stream is recorded, and acknowledged with the sequence numbers that are missing so far.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::call::Call;
use super::code::{Code, FrameError};
use super::fields::Fields;
use super::reply::Reply;
use crate::audio::Chunk;
use crate::ids::target::Channel;

const MAX_CHUNK: usize = 512 * 1024;

#[derive(Debug, PartialEq, Eq)]
pub struct Audio {
    chunk: Chunk,
    data: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "type", rename = "audio_received", rename_all = "camelCase")]
pub(super) struct AudioReceived {
    data_size: usize,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<u64>,
}

impl Audio {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let data = fields.text("data")?;
        // Checked before decoding, which would need as much memory again.
        if data.len() > MAX_CHUNK.div_ceil(3) * 4 {
            return Err(too_long());
        }
        let decoded = STANDARD.decode(data);
        let data = decoded.map_err(|_| FrameError::invalid("data", "base64"))?;
        if data.len() > MAX_CHUNK {
            return Err(too_long());
        }
        let chunk = Chunk {
            size: data.len(),
            sequence: fields.counter("sequence")?,
            time: fields
                .timestamp("timestamp")?
                .as_ref()
                .and_then(milliseconds),
        };
        Ok(Self { chunk, data })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        call.check_channel(Channel::Audio)?;
        let Self { chunk, data } = self;
        let state = call.connection.state_mut();
        if let Some(recording) = &mut state.recording {
            call.app.recordings.append(recording, data).await?;
        }
        let missing = state.audio.get_or_insert_default().receive(chunk);
        Ok(Some(Reply::of(&AudioReceived {
            data_size: chunk.size,
            message: "Audio chunk received.",
            sequence: chunk.sequence,
            missing,
        })))
    }
}

fn too_long() -> FrameError {
    FrameError::new(
        Code::MessageTooLong,
        "an audio chunk has at most 512 KiB once decoded",
    )
}

/// Clients write times as text or as JavaScript's milliseconds. What cannot be read is no
/// mistake: the time only serves the summary.
fn milliseconds(time: &Value) -> Option<i64> {
    // The years 0 to 9999: any two of them can be subtracted.
    const SANE: std::ops::RangeInclusive<i64> = -62_167_219_200_000..=253_402_300_799_999;
    let time = match time {
        Value::String(text) => text.parse::<Timestamp>().ok()?.as_millisecond(),
        number => number.as_f64()? as i64,
    };
    SANE.contains(&time).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_as_text_or_as_milliseconds() {
        let start = milliseconds(&"2026-01-01T00:00:00Z".into());
        let end = milliseconds(&"2026-01-01T00:00:01.5Z".into());

        assert_eq!(start, Some(1_767_225_600_000));
        assert_eq!(end, Some(1_767_225_601_500));
        assert_eq!(milliseconds(&1_767_225_600_000_u64.into()), start);
    }

    #[test]
    fn absurd_times_do_no_harm() {
        for time in ["-262143-01-01T00:00:00Z", "never", ""] {
            assert_eq!(milliseconds(&time.into()), None, "{time}");
        }
        assert_eq!(milliseconds(&1e300.into()), None);
    }
}
