//! Whose turn it is to write, among processes.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::failure;
use crate::clock::Ids;

/// Whoever waits asks again at least this often.
const MAX_PAUSE: Duration = Duration::from_millis(1);

/// The write lock, for as long as the transaction lives.
///
/// SQLite keeps no queue for it, and its own waiting grows to a tenth of a second between two
/// tries: of eight busy processes some then wait for seconds, while others write. Who asks often
/// meets a free moment soon.
pub(super) fn begin<'c>(
    connection: &'c Connection,
    ids: &Ids,
    deadline: Instant,
) -> rusqlite::Result<Transaction<'c>> {
    connection.busy_timeout(Duration::ZERO)?;
    loop {
        match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
            Err(error) if failure::is_busy(&error) && Instant::now() < deadline => {
                sleep(pause(ids));
            }
            result => return result,
        }
    }
}

/// By chance, so that no two keep step.
fn pause(ids: &Ids) -> Duration {
    let [.., chance] = ids.uuid().into_bytes();
    MAX_PAUSE * (u32::from(chance) + 26) / 281
}
