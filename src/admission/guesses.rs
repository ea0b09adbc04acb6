//! Passwords of rooms: looked at one or two at a time, and guessed at only so often.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash as Parsed, PasswordVerifier};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::Refusal;
use crate::conversation::room::PasswordHash;
use crate::rate_limit::{Limited, RateLimit};
use crate::target::RoomId;

const A_MINUTE: u32 = 10;
/// Each takes 19 MiB while it lasts, and a core.
const SIDE_BY_SIDE: usize = 2;

/// Wrong passwords, counted for each caller and room.
#[derive(Debug)]
pub struct Guesses {
    limit: RateLimit,
    looking: Semaphore,
}

impl Default for Guesses {
    fn default() -> Self {
        Self {
            limit: RateLimit::new(Some(A_MINUTE)),
            looking: Semaphore::new(SIDE_BY_SIDE),
        }
    }
}

impl Guesses {
    /// Whether this is the password. Too many wrong ones are refused before anything is looked at.
    pub(super) async fn check(
        &self,
        caller: &Limited,
        room: &RoomId,
        shown: &SecretString,
        hash: &PasswordHash,
        now: i64,
    ) -> Result<(), Refusal> {
        let guess = Limited::Guess(Box::new(caller.clone()), room.clone());
        // Counted as wrong until it is known: many at once are many guesses.
        self.limit
            .admit(guess.clone(), now)
            .map_err(|too_often| Refusal::TooManyGuesses {
                retry_after_seconds: too_often.retry_after_seconds,
            })?;
        let turn = self.looking.acquire().await;
        let (shown, hash) = (shown.clone(), hash.clone());
        let right = spawn_blocking(move || is_password(&shown, &hash)).await;
        drop(turn);
        if right.unwrap_or(false) {
            self.limit.forgive(&guess);
            return Ok(());
        }
        Err(Refusal::WrongPassword)
    }
}

fn is_password(shown: &SecretString, hash: &PasswordHash) -> bool {
    let Ok(parsed) = Parsed::new(hash.expose()) else {
        tracing::error!("a room's password hash cannot be read");
        return false;
    };
    Argon2::default()
        .verify_password(shown.expose_secret().as_bytes(), &parsed)
        .is_ok()
}
