//! Writes lines to the terminal. Each call of the handler is a line; while many calls run, one
//! write takes the lines of all that ended meanwhile.

use std::fmt::{Display, Write as _};
use std::io::Write as _;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;
use tokio::task::yield_now;

#[derive(Debug, Default)]
pub(super) struct Printer {
    waiting: Mutex<String>,
    added: Notify,
}

impl Printer {
    pub(super) fn line(&self, text: impl Display) {
        // Writing to a string cannot fail.
        let _ = writeln!(self.waiting(), "{text}");
        self.added.notify_one();
    }

    /// Prints lines until it is dropped. The rest needs a [`flush`](Self::flush).
    pub(super) async fn run(&self) {
        loop {
            self.added.notified().await;
            // The tasks that are ready to run come first, with their lines.
            yield_now().await;
            self.flush();
        }
    }

    /// Prints what waits. A closed terminal is no reason to stop.
    pub(super) fn flush(&self) {
        let lines = std::mem::take(&mut *self.waiting());
        let mut out = std::io::stdout().lock();
        let _ = out.write_all(lines.as_bytes()).and_then(|()| out.flush());
    }

    fn waiting(&self) -> MutexGuard<'_, String> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
