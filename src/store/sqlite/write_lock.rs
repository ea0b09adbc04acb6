//! Waits for the write lock, which processes compete for.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::failure;
use crate::clock::Jitter;

const MIN_PAUSE: Duration = Duration::from_micros(100);
const MAX_PAUSE: Duration = Duration::from_millis(1);

/// Takes the write lock for as long as the transaction lives.
///
/// SQLite has no queue for the lock, and its own waiting grows to a tenth of a second between two
/// attempts: of eight busy processes, some then wait for seconds while others write. Short pauses
/// find a free moment soon; random ones keep processes from retrying in step.
pub(super) fn begin<'c>(
    connection: &'c Connection,
    jitter: &Jitter,
    deadline: Instant,
) -> rusqlite::Result<Transaction<'c>> {
    connection.busy_timeout(Duration::ZERO)?;
    loop {
        match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
            Err(error) if failure::is_busy(&error) && Instant::now() < deadline => {
                sleep(jitter.between(MIN_PAUSE, MAX_PAUSE));
            }
            result => return result,
        }
    }
}
