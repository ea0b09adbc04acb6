//! Passwords of rooms: looked at one or two at a time, and guessed at only so often.

use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::AdmissionError;
use crate::access::rate_limit::{RateLimit, RateLimitKey};
use crate::conversation::room::PasswordHash;
use crate::ids::target::RoomId;

const A_MINUTE: u32 = 10;
/// Each takes 19 MiB while it lasts, and a core.
const CONCURRENCY: usize = 2;

/// Wrong passwords, counted for each caller and room.
#[derive(Debug)]
pub(super) struct PasswordAttempts {
    limit: RateLimit,
    looking: Semaphore,
}

impl Default for PasswordAttempts {
    fn default() -> Self {
        Self {
            limit: RateLimit::new(Some(A_MINUTE)),
            looking: Semaphore::new(CONCURRENCY),
        }
    }
}

impl PasswordAttempts {
    /// Whether this is the password. Too many wrong ones are refused before anything is looked at.
    pub(super) async fn check(
        &self,
        caller: &RateLimitKey,
        room: &RoomId,
        shown: &SecretString,
        hash: &PasswordHash,
        now: i64,
    ) -> Result<(), AdmissionError> {
        let guess = RateLimitKey::Guess(Box::new(caller.clone()), room.clone());
        // Counted as wrong until it is known: many at once are many guesses.
        self.limit.admit(guess.clone(), now).map_err(|too_often| {
            AdmissionError::TooManyGuesses {
                retry_after_seconds: too_often.retry_after_seconds,
            }
        })?;
        let turn = self.looking.acquire().await;
        let right = hash.is_of(shown).await;
        drop(turn);
        if right {
            self.limit.refund(&guess);
            return Ok(());
        }
        Err(AdmissionError::WrongPassword)
    }
}
