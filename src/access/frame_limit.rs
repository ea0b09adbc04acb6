//! Limits how many frames a second one connection may send. Each instance counts separately.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// Bounds the memory for counts.
const MAX_TRACKED_CONNECTIONS: usize = 20_000;
/// A connection that was silent may send what these seconds allow at once.
const BURST_SECONDS: i64 = 2;

const MICROS_PER_SECOND: i64 = 1_000_000;

/// A limit of frames a second, with bursts. Instead of a count, each connection has the time at
/// which it may send a whole burst again; every frame moves that time on.
#[derive(Debug)]
pub struct FrameLimit {
    /// Microseconds from one frame to the next; `None` is no limit.
    interval: Option<i64>,
    rested_at: Mutex<HashMap<String, i64>>,
}

/// The connection must wait before its next frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many frames")]
pub struct TooManyFrames {
    pub retry_after_ms: u64,
}

impl FrameLimit {
    /// `None` is no limit.
    pub fn new(max_per_second: Option<u32>) -> Self {
        Self {
            interval: max_per_second.map(|max| MICROS_PER_SECOND / i64::from(max.max(1))),
            rested_at: Mutex::default(),
        }
    }

    pub fn admit(&self, connection: &str, now: Timestamp) -> Result<(), TooManyFrames> {
        let Some(interval) = self.interval else {
            return Ok(());
        };
        const BURST: i64 = BURST_SECONDS * MICROS_PER_SECOND;
        let now = now.as_microsecond();
        let mut connections = self
            .rested_at
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if connections.len() >= MAX_TRACKED_CONNECTIONS && !connections.contains_key(connection) {
            forget(&mut connections, now);
        }
        let rested_at = connections.get(connection).copied().unwrap_or(now);
        // A clock that is set back must not make a connection wait for longer than a burst.
        let rested_at = rested_at.clamp(now, now + BURST);
        let wait = rested_at + interval - now - BURST;
        let (rested_at, admitted) = if wait > 0 {
            let retry_after_ms = wait.unsigned_abs().div_ceil(1000);
            (rested_at, Err(TooManyFrames { retry_after_ms }))
        } else {
            (rested_at + interval, Ok(()))
        };
        match connections.get_mut(connection) {
            Some(known) => *known = rested_at,
            None => {
                connections.insert(connection.to_owned(), rested_at);
            }
        }
        admitted
    }
}

/// Forgets connections that may send a whole burst again, and in a flood all of them.
fn forget(connections: &mut HashMap<String, i64>, now: i64) {
    connections.retain(|_, rested_at| *rested_at > now);
    if connections.len() > MAX_TRACKED_CONNECTIONS / 2 {
        tracing::warn!(
            "more than {MAX_TRACKED_CONNECTIONS} connections send: all counts were reset"
        );
        connections.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_800_000_000_000 + millis).unwrap()
    }

    fn admitted(limit: &FrameLimit, millis: i64) -> usize {
        let frames = std::iter::repeat_with(|| limit.admit("c", at(millis)));
        frames.take(1000).take_while(Result::is_ok).count()
    }

    #[test]
    fn a_burst_is_twice_a_second_and_then_the_rate_holds() {
        let limit = FrameLimit::new(Some(50));

        assert_eq!(admitted(&limit, 0), 100);
        let refused = limit.admit("c", at(0)).unwrap_err();
        assert_eq!(refused.retry_after_ms, 20);
        assert_eq!(admitted(&limit, 19), 0);
        assert_eq!(admitted(&limit, 20), 1);
        assert_eq!(admitted(&limit, 1020), 50);
        assert_eq!(admitted(&limit, 9999), 100);
    }

    #[test]
    fn connections_are_counted_apart() {
        let limit = FrameLimit::new(Some(1));

        assert_eq!(admitted(&limit, 0), 2);
        assert!(limit.admit("other", at(0)).is_ok());
    }

    #[test]
    fn without_a_limit_everything_passes() {
        assert_eq!(admitted(&FrameLimit::new(None), 0), 1000);
    }

    #[test]
    fn a_clock_that_is_set_back_locks_nobody_out() {
        let limit = FrameLimit::new(Some(50));
        admitted(&limit, 1_000_000);

        assert_eq!(limit.admit("c", at(0)).unwrap_err().retry_after_ms, 20);
        assert_eq!(admitted(&limit, 20), 1);
    }

    #[test]
    fn a_flood_of_connections_does_not_fill_the_memory() {
        let limit = FrameLimit::new(Some(1));
        for n in 0..3 * MAX_TRACKED_CONNECTIONS {
            limit.admit(&n.to_string(), at(0)).unwrap();
        }

        assert!(limit.rested_at.lock().unwrap().len() <= MAX_TRACKED_CONNECTIONS);
    }
}
