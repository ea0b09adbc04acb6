//! Counts the chunks of a stream.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::gaps::Gaps;

/// One chunk that arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chunk {
    /// In bytes, decoded.
    pub size: usize,
    pub sequence: Option<u64>,
    /// Milliseconds since the epoch.
    pub time: Option<i64>,
}

/// The stream from its first chunk to `audio.end`.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AudioTotals)]
pub struct Summary {
    chunks: u64,
    bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    duration_seconds: Option<f64>,
    missing: Vec<u64>,
}

/// The stream so far.
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

impl AudioTally {
    /// Counts a chunk, and returns the sequence numbers that were skipped so far.
    pub fn receive(&mut self, chunk: Chunk) -> Vec<u64> {
        self.chunks += 1;
        self.bytes += chunk.size as u64;
        self.first_time = self.first_time.or(chunk.time);
        self.last_time = chunk.time.or(self.last_time);
        let Some(sequence) = chunk.sequence else {
            return Vec::new();
        };
        match &mut self.gaps {
            Some(gaps) => gaps.see(sequence),
            none => *none = Some(Gaps::starting_at(sequence)),
        }
        self.missing()
    }

    pub fn summary(&self) -> Summary {
        let span = self.first_time.zip(self.last_time);
        Summary {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(sequence: Option<u64>, time: Option<i64>) -> Chunk {
        Chunk {
            size: 3,
            sequence,
            time,
        }
    }

    #[test]
    fn a_skipped_number_is_missing_until_it_arrives() {
        let mut tally = AudioTally::default();

        tally.receive(chunk(Some(1), None));
        let gap = tally.receive(chunk(Some(4), None));
        let filled = tally.receive(chunk(Some(2), None));

        assert_eq!(gap, [2, 3]);
        assert_eq!(filled, [3]);
    }

    #[test]
    fn the_summary_counts_chunks_bytes_and_time() {
        let mut tally = AudioTally::default();

        tally.receive(chunk(None, Some(1_767_225_600_000)));
        tally.receive(chunk(None, None));
        tally.receive(chunk(None, Some(1_767_225_601_500)));

        let summary = tally.summary();
        assert_eq!((summary.chunks, summary.bytes), (3, 9));
        assert_eq!(summary.duration_seconds, Some(1.5));
    }

    #[test]
    fn a_tally_survives_its_journey_through_the_state() {
        let mut tally = AudioTally::default();
        tally.receive(chunk(Some(7), Some(1_767_225_600_000)));
        tally.receive(chunk(Some(9), None));

        let json = serde_json::to_string(&tally).unwrap();

        assert_eq!(serde_json::from_str::<AudioTally>(&json).unwrap(), tally);
    }
}
