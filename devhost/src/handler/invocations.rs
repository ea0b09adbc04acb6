use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::event::Source;

/// The invocations the handler is at work on, to tell which of them a printed line is from: the
/// line itself does not say so, in Azure neither.
#[derive(Debug, Default)]
pub(crate) struct Invocations(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    running: Vec<Source>,
    /// Those that have ended lately, the latest last.
    ended: VecDeque<(Instant, Source)>,
}

/// What is printed comes another way than the answer, and may come a little later.
const LATE_AT_MOST: Duration = Duration::from_millis(50);

/// An invocation at work; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    all: &'a Invocations,
    id: Uuid,
}

impl Invocations {
    pub(crate) fn begin(&self, function: &str, id: Uuid) -> Running<'_> {
        self.inner().running.push(Source {
            function: function.to_owned(),
            invocation: Some(id),
        });
        Running { all: self, id }
    }

    /// Whose line this is: the one's that it names, or the only one's that can have printed it.
    /// Of several invocations of one function, at least the function is certain.
    pub(super) fn source(&self, line: &str) -> Option<Source> {
        self.source_at(Instant::now(), line)
    }

    fn source_at(&self, now: Instant, line: &str) -> Option<Source> {
        let mut inner = self.inner();
        inner.forget(now);
        let ended = inner.ended.iter().map(|(_, source)| source);
        let candidates: Vec<&Source> = inner.running.iter().chain(ended).collect();
        let (first, others) = candidates.split_first()?;
        if others.is_empty() {
            return Some((*first).clone());
        }
        let named = candidates.iter().find(|source| {
            let id = source.invocation.map(|id| id.to_string());
            id.is_some_and(|id| line.contains(&id))
        });
        if let Some(named) = named {
            return Some((*named).clone());
        }
        let same = others.iter().all(|other| other.function == first.function);
        same.then(|| Source {
            function: first.function.clone(),
            invocation: None,
        })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn forget(&mut self, now: Instant) {
        let is_old = |(ended, _): &(Instant, Source)| now.duration_since(*ended) > LATE_AT_MOST;
        while self.ended.front().is_some_and(is_old) {
            self.ended.pop_front();
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let (mut inner, now) = (self.all.inner(), Instant::now());
        inner.forget(now);
        let mut running = inner.running.iter();
        if let Some(at) = running.position(|source| source.invocation == Some(self.id)) {
            let source = inner.running.swap_remove(at);
            inner.ended.push_back((now, source));
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;
    use uuid::Uuid;

    use super::{Invocations, LATE_AT_MOST};
    use crate::event::Source;

    const ONE: Uuid = Uuid::from_u128(1);
    const TWO: Uuid = Uuid::from_u128(2);

    fn source(function: &str, invocation: Option<Uuid>) -> Option<Source> {
        Some(Source {
            function: function.to_owned(),
            invocation,
        })
    }

    #[test]
    fn a_line_is_the_only_invocations_or_nobodys() {
        let invocations = Invocations::default();
        assert_eq!(invocations.source("line"), None);

        let _one = invocations.begin("hello", ONE);

        assert_eq!(invocations.source("line"), source("hello", Some(ONE)));
    }

    #[test]
    fn of_several_invocations_the_one_is_believed_that_the_line_names() {
        let invocations = Invocations::default();
        let _one = invocations.begin("hello", ONE);
        let _two = invocations.begin("other", TWO);

        assert_eq!(invocations.source("line"), None);
        assert_eq!(
            invocations.source(&format!("{TWO}: line")),
            source("other", Some(TWO))
        );
    }

    #[test]
    fn of_several_invocations_of_one_function_the_function_is_certain() {
        let invocations = Invocations::default();
        let _one = invocations.begin("hello", ONE);
        let _two = invocations.begin("hello", TWO);

        assert_eq!(invocations.source("line"), source("hello", None));
    }

    #[test]
    fn a_line_may_come_a_little_after_its_invocations_end() {
        let invocations = Invocations::default();
        let before = Instant::now();
        drop(invocations.begin("hello", ONE));
        let after = Instant::now();

        let soon = invocations.source_at(before + LATE_AT_MOST, "line");
        let late = invocations.source_at(after + LATE_AT_MOST * 2, "line");

        assert_eq!(soon, source("hello", Some(ONE)));
        assert_eq!(late, None);
    }
}
