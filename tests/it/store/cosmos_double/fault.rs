//! Faults to inject into calls.

use std::collections::VecDeque;

/// A fault of one call.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Answers with this status and does nothing.
    Status(u16),
    /// Answers 429 with this many milliseconds to wait.
    Throttled(u64),
    /// Closes the connection and does nothing.
    BreaksBefore,
    /// Does what the call asks for, then closes the connection.
    BreaksAfter,
    /// Does what the call asks for and never answers.
    NeverAnswers,
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) coming: VecDeque<Fault>,
    pub(super) calls: usize,
}

impl Faults {
    /// Counts a call and returns its fault.
    pub(super) fn next(&mut self) -> Option<Fault> {
        self.calls += 1;
        self.coming.pop_front()
    }
}
