//! Verifies passwords of rooms, two at a time, and limits wrong ones.

use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::error::AdmissionError;
use crate::access::rate_limit::{RateLimit, RateLimitKey};
use crate::conversation::room::PasswordHash;
use crate::ids::target::RoomId;

const MAX_PER_MINUTE: u32 = 10;
/// Each verification takes 19 MiB and a core.
const CONCURRENCY: usize = 2;

/// Wrong passwords, counted for each caller and room.
#[derive(Debug)]
pub(super) struct PasswordAttempts {
    limit: RateLimit,
    verifying: Semaphore,
}

impl Default for PasswordAttempts {
    fn default() -> Self {
        Self {
            limit: RateLimit::new(Some(MAX_PER_MINUTE)),
            verifying: Semaphore::new(CONCURRENCY),
        }
    }
}

impl PasswordAttempts {
    /// Checks a password. After too many wrong ones it refuses without verifying.
    pub(super) async fn check(
        &self,
        caller: &RateLimitKey,
        room: &RoomId,
        password: &SecretString,
        hash: &PasswordHash,
        now: i64,
    ) -> Result<(), AdmissionError> {
        let guess = RateLimitKey::Guess(Box::new(caller.clone()), room.clone());
        // Counted as wrong until verified, so that parallel guesses count too.
        self.limit
            .admit(guess.clone(), now)
            .map_err(|limited| AdmissionError::TooManyGuesses {
                retry_after_seconds: limited.retry_after_seconds,
            })?;
        let permit = self.verifying.acquire().await;
        let is_correct = hash.is_of(password).await;
        drop(permit);
        if is_correct {
            self.limit.refund(&guess);
            return Ok(());
        }
        Err(AdmissionError::WrongPassword)
    }
}
