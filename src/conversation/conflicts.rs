//! Optimistic writes: read, decide, write over what was read, and start again when somebody else
//! was faster.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use tokio::time::sleep;

use crate::store::WriteError;

const MAX_RETRIES: u32 = 30;
const MAX_PAUSE: Duration = Duration::from_millis(128);

/// Counts the conflicts of one loop that reads and writes.
#[derive(Debug, Default)]
pub struct Conflicts(u32);

impl Conflicts {
    /// Call this when the write failed. After a conflict it waits, and the loop may start again;
    /// any other error, or a conflict too many, is returned.
    pub async fn retry_after(&mut self, error: WriteError) -> Result<(), WriteError> {
        let is_conflict = matches!(error, WriteError::Conflict { .. });
        if !is_conflict || self.0 >= MAX_RETRIES {
            return Err(error);
        }
        self.0 += 1;
        sleep(pause(self.0)).await;
        Ok(())
    }
}

/// Grows with every retry, and differs each time, so that two writers who collided do not
/// collide again.
fn pause(retries: u32) -> Duration {
    let share = RandomState::new().hash_one(retries) % 256;
    let longest = Duration::from_millis(4 * u64::from(retries)).min(MAX_PAUSE);
    longest * u32::try_from(share).unwrap_or_default() / 255
}
