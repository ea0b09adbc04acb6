//! Whose turn it is to write, among processes.

use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::failure;
use crate::clock::Ids;

/// Whoever waits asks again at least this often.
const LONGEST_WAIT: Duration = Duration::from_millis(1);

/// How many turns we stay polite after we met somebody.
const POLITE: u32 = 32;

/// SQLite keeps no queue for its write lock, and its own waiting grows to a tenth of a second: a
/// process that writes without a pause would shut the others out. So all ask often, and one that
/// knows of others lets go for as long as any of them may take to ask.
#[derive(Debug)]
pub(super) struct Turns<'a> {
    ids: &'a Ids,
    polite: u32,
    ended: Option<Instant>,
}

impl<'a> Turns<'a> {
    pub(super) fn new(ids: &'a Ids) -> Self {
        Self {
            ids,
            polite: 0,
            ended: None,
        }
    }

    /// The lock, for as long as the transaction lives.
    pub(super) fn begin<'c>(
        &mut self,
        connection: &'c Connection,
        deadline: Instant,
    ) -> rusqlite::Result<Transaction<'c>> {
        connection.busy_timeout(Duration::ZERO)?;
        if self.polite > 0
            && let Some(ended) = self.ended
        {
            self.polite -= 1;
            sleep(LONGEST_WAIT.saturating_sub(ended.elapsed()));
        }
        loop {
            match Transaction::new_unchecked(connection, TransactionBehavior::Immediate) {
                Err(error) if failure::is_busy(&error) && Instant::now() < deadline => {
                    self.polite = POLITE;
                    sleep(self.a_while());
                }
                result => return result,
            }
        }
    }

    pub(super) fn end(&mut self) {
        self.ended = Some(Instant::now());
    }

    /// By chance, so that no two keep step.
    fn a_while(&self) -> Duration {
        let [.., chance] = self.ids.uuid().into_bytes();
        LONGEST_WAIT.mul_f32(0.1 + 0.9 * f32::from(chance) / 256.0)
    }
}
