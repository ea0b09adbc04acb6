//! The invocations that run at a time, and which of them printed a line.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use crate::event::Source;

/// The invocations that run in the handler. They are used to find out which of them printed a
/// line: the line does not say so, and Azure does not know either.
#[derive(Debug, Default)]
pub(crate) struct Invocations(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    running: Vec<Source>,
    /// Those that have ended recently, the latest last.
    ended: VecDeque<(Instant, Source)>,
}

/// A line may arrive this long after the answer of its invocation.
const MAX_DELAY: Duration = Duration::from_millis(50);

/// A running invocation; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Running<'a> {
    invocations: &'a Invocations,
    id: Uuid,
}

impl Invocations {
    pub(crate) fn begin(&self, function: &str, id: Uuid) -> Running<'_> {
        self.inner().running.push(Source {
            function: function.to_owned(),
            invocation: Some(id),
        });
        Running {
            invocations: self,
            id,
        }
    }

    /// The origin of a line: the invocation whose id the line contains, or the only one that can
    /// have printed it. If all candidates run the same function, at least that is certain.
    pub(crate) fn source(&self, line: &str) -> Option<Source> {
        self.source_at(Instant::now(), line)
    }

    fn source_at(&self, now: Instant, line: &str) -> Option<Source> {
        let mut inner = self.inner();
        inner.remove_old(now);
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
    fn remove_old(&mut self, now: Instant) {
        let is_old = |(ended, _): &(Instant, Source)| now.duration_since(*ended) > MAX_DELAY;
        while self.ended.front().is_some_and(is_old) {
            self.ended.pop_front();
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        let (mut inner, now) = (self.invocations.inner(), Instant::now());
        inner.remove_old(now);
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

    use super::{Invocations, MAX_DELAY};
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
    fn a_line_belongs_to_the_only_invocation() {
        let invocations = Invocations::default();
        assert_eq!(invocations.source("line"), None);

        let _one = invocations.begin("hello", ONE);

        assert_eq!(invocations.source("line"), source("hello", Some(ONE)));
    }

    #[test]
    fn of_several_invocations_the_line_names_its_own() {
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
    fn of_several_invocations_of_one_function_only_the_function_is_known() {
        let invocations = Invocations::default();
        let _one = invocations.begin("hello", ONE);
        let _two = invocations.begin("hello", TWO);

        assert_eq!(invocations.source("line"), source("hello", None));
    }

    #[test]
    fn a_line_may_arrive_shortly_after_its_invocation_ended() {
        let invocations = Invocations::default();
        let before = Instant::now();
        drop(invocations.begin("hello", ONE));
        let after = Instant::now();

        let soon = invocations.source_at(before + MAX_DELAY, "line");
        let late = invocations.source_at(after + MAX_DELAY * 2, "line");

        assert_eq!(soon, source("hello", Some(ONE)));
        assert_eq!(late, None);
    }
}
