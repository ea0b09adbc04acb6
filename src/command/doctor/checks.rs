//! Runs checks side by side, each with a time limit, and shows which are still running.

use std::future::Future;
use std::io::{self, IsTerminal, Write};
use std::pin::Pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::timeout;

use super::faults;
use super::finding::Finding;

/// Longer than any check's own calls take, which have time limits too.
const TIMEOUT: Duration = Duration::from_secs(40);

type Work<'a> = Pin<Box<dyn Future<Output = Vec<Finding>> + 'a>>;

/// Checks that do not depend on one another. The report has them in the order of `add`.
#[derive(Default)]
pub(super) struct Checks<'a>(Vec<(&'static str, Work<'a>)>);

impl<'a> Checks<'a> {
    pub(super) fn add(
        &mut self,
        name: &'static str,
        work: impl Future<Output = Vec<Finding>> + 'a,
    ) {
        self.0.push((name, Box::pin(work)));
    }

    /// Skips the check unless the identity that it needs has a token.
    pub(super) fn add_if(
        &mut self,
        has_token: bool,
        name: &'static str,
        work: impl Future<Output = Vec<Finding>> + 'a,
    ) {
        if has_token {
            self.add(name, work);
        } else {
            let skipped = Finding::skipped(name, "it needs the identity's token");
            self.add(name, async { vec![skipped] });
        }
    }

    pub(super) async fn run(self) -> Vec<Finding> {
        let mut progress = Progress::new(self.0.iter().map(|(name, _)| *name).collect());
        let mut running: FuturesUnordered<_> = self
            .0
            .into_iter()
            .enumerate()
            .map(|(position, (name, work))| async move {
                let found = timeout(TIMEOUT, work).await.unwrap_or_else(|_| {
                    let what = format!("the check was stopped after {} seconds", TIMEOUT.as_secs());
                    vec![Finding::error(name, &faults::TOOK_TOO_LONG, what)]
                });
                (position, name, found)
            })
            .collect();
        progress.show();
        let mut results = Vec::new();
        while let Some((position, name, found)) = running.next().await {
            results.push((position, found));
            progress.ended(name);
        }
        progress.clear();
        results.sort_by_key(|(position, _)| *position);
        results.into_iter().flat_map(|(_, found)| found).collect()
    }
}

/// One line on the terminal, which is gone at the end.
struct Progress {
    running: Vec<&'static str>,
    is_shown: bool,
}

impl Progress {
    fn new(running: Vec<&'static str>) -> Self {
        Self {
            running,
            is_shown: io::stderr().is_terminal() && io::stdout().is_terminal(),
        }
    }

    fn ended(&mut self, name: &str) {
        if let Some(at) = self.running.iter().position(|running| *running == name) {
            self.running.remove(at);
        }
        self.show();
    }

    fn show(&self) {
        if self.is_shown && !self.running.is_empty() {
            let names = self.running.join(", ");
            // If the terminal is gone, nobody misses the line.
            let _ = write!(io::stderr(), "\r\u{1b}[Kchecking: {names}");
            let _ = io::stderr().flush();
        }
    }

    fn clear(&self) {
        if self.is_shown {
            let _ = write!(io::stderr(), "\r\u{1b}[K");
        }
    }
}
