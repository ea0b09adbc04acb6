use std::collections::VecDeque;

/// What a call may meet.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// This status, before anything is done.
    Status(u16),
    /// 429, with how many milliseconds to wait.
    Throttled(u64),
    /// The connection ends before anything is done.
    BreaksBefore,
    /// The connection ends once it is done.
    BreaksAfter,
    /// It is done, and no answer ever comes.
    NeverAnswers,
}

#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) coming: VecDeque<Fault>,
    pub(super) calls: usize,
}

impl Faults {
    /// One more call: what does it meet?
    pub(super) fn next(&mut self) -> Option<Fault> {
        self.calls += 1;
        self.coming.pop_front()
    }
}
