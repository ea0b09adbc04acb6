//! Audio that a client streams in chunks: each is acknowledged with what has gone missing so far.
//! Nothing is kept but the tally, which lives in the connection's state.

mod gaps;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::functions::message_event::frame::code::{Code, FrameError};
use crate::functions::message_event::frame::fields::Fields;
use gaps::Gaps;

const MAX_CHUNK: usize = 512 * 1024;

/// `audio`: one chunk.
#[derive(Debug, PartialEq, Eq)]
pub struct AudioChunk {
    size: usize,
    sequence: Option<u64>,
    /// Milliseconds of the epoch.
    time: Option<i64>,
}

/// `audio_received`.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AudioReceived {
    data_size: usize,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<u64>,
}

/// `audio_summary`: what came between the first chunk and `audio.end`.
#[derive(Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AudioSummary {
    chunks: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<f64>,
    missing: Vec<u64>,
}

/// What came so far.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AudioTally {
    chunks: u64,
    bytes: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_time: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    gaps: Option<Gaps>,
}

impl AudioChunk {
    pub(crate) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let data = fields.text("data")?;
        // Checked before decoding, which would need as much memory again.
        if data.len() > MAX_CHUNK.div_ceil(3) * 4 {
            return Err(too_long());
        }
        let decoded = STANDARD.decode(data);
        let size = decoded
            .map_err(|_| FrameError::invalid("data", "base64"))?
            .len();
        if size > MAX_CHUNK {
            return Err(too_long());
        }
        Ok(Self {
            size,
            sequence: fields.counter("sequence")?,
            time: fields
                .timestamp("timestamp")?
                .as_ref()
                .and_then(milliseconds),
        })
    }
}

impl AudioTally {
    pub fn receive(&mut self, chunk: &AudioChunk) -> AudioReceived {
        self.chunks += 1;
        self.bytes += chunk.size as u64;
        self.first_time = self.first_time.or(chunk.time);
        self.last_time = chunk.time.or(self.last_time);
        if let Some(sequence) = chunk.sequence {
            match &mut self.gaps {
                Some(gaps) => gaps.see(sequence),
                none => *none = Some(Gaps::starting_at(sequence)),
            }
        }
        AudioReceived {
            data_size: chunk.size,
            message: "Audio chunk received.",
            sequence: chunk.sequence,
            missing: chunk.sequence.map(|_| self.missing()).unwrap_or_default(),
        }
    }

    pub fn summary(&self) -> AudioSummary {
        let span = self.first_time.zip(self.last_time);
        AudioSummary {
            chunks: self.chunks,
            bytes: self.bytes,
            duration_seconds: span.map(|(first, last)| (last - first).max(0) as f64 / 1000.0),
            missing: self.missing(),
        }
    }

    fn missing(&self) -> Vec<u64> {
        self.gaps.as_ref().map(Gaps::missing).unwrap_or_default()
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

    fn chunk(sequence: Option<u64>, time: &str) -> AudioChunk {
        AudioChunk {
            size: 3,
            sequence,
            time: milliseconds(&time.into()),
        }
    }

    #[test]
    fn a_skipped_number_is_missing_until_it_comes() {
        let mut tally = AudioTally::default();

        tally.receive(&chunk(Some(1), ""));
        let gap = tally.receive(&chunk(Some(4), ""));
        let filled = tally.receive(&chunk(Some(2), ""));

        assert_eq!(gap.missing, [2, 3]);
        assert_eq!(filled.missing, [3]);
    }

    #[test]
    fn the_summary_counts_chunks_bytes_and_time() {
        let mut tally = AudioTally::default();

        tally.receive(&chunk(None, "2026-01-01T00:00:00Z"));
        tally.receive(&chunk(None, ""));
        tally.receive(&chunk(None, "2026-01-01T00:00:01.5Z"));

        let summary = tally.summary();
        assert_eq!((summary.chunks, summary.bytes), (3, 9));
        assert_eq!(summary.duration_seconds, Some(1.5));
    }

    #[test]
    fn a_tally_survives_its_journey_through_the_state() {
        let mut tally = AudioTally::default();
        tally.receive(&chunk(Some(7), "2026-01-01T00:00:00Z"));
        tally.receive(&chunk(Some(9), ""));

        let json = serde_json::to_string(&tally).unwrap();

        assert_eq!(serde_json::from_str::<AudioTally>(&json).unwrap(), tally);
    }

    #[test]
    fn absurd_times_do_no_harm() {
        for time in ["-262143-01-01T00:00:00Z", "never", ""] {
            assert_eq!(milliseconds(&time.into()), None, "{time}");
        }
        assert_eq!(milliseconds(&1e300.into()), None);
    }
}
