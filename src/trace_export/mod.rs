//! Sends spans to a collector of OpenTelemetry. It is a task of `serve`, and exists only if a
//! collector is configured.

mod otlp;
mod post;

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::clock::{Clock, Ids, Jitter};
use crate::config::{self, Source, TraceConfig};
use crate::logging;
use crate::logging::trace::{self, EndedSpan, EndedSpans};
use post::Collector;

pub use post::PostError;

const MAX_BATCH: usize = 512;
/// How long spans wait for others, so that one request carries many.
const BATCH_DELAY: Duration = Duration::from_secs(1);
/// Attempts to send one batch; the pauses between them double.
const MAX_ATTEMPTS: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// How long the last spans may take when the process stops.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// Spans that are collected and not sent yet.
#[derive(Debug)]
pub struct Exporter {
    ended: EndedSpans,
    collector: Collector,
    jitter: Jitter,
    /// Spans that a collector did not take, since it last took some.
    lost: u64,
    is_away: bool,
}

/// The task that exports.
#[derive(Debug)]
pub struct Exporting {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// Starts logging, and collecting spans if the settings name a collector. Invalid settings name
/// none; the handler reports them.
pub fn start_logging(source: Source<'_>) -> Option<Exporter> {
    let level = config::log_level(source);
    let Some(config) = config::traces(source) else {
        logging::init(level, None);
        return None;
    };
    let ids = Ids::random();
    let (spans, ended) = trace::collector(Clock::system(), ids.clone());
    logging::init(level, Some(spans));
    Some(Exporter::new(config, ended, &ids))
}

/// Sends a batch without spans: whether the collector takes what we send.
pub async fn check(config: &TraceConfig, ids: &Ids) -> Result<(), PostError> {
    Collector::new(config.clone(), ids.uuid()).post(&[]).await
}

impl Exporter {
    fn new(config: TraceConfig, ended: EndedSpans, ids: &Ids) -> Self {
        Self {
            ended,
            collector: Collector::new(config, ids.uuid()),
            jitter: Jitter::new(ids.clone()),
            lost: 0,
            is_away: false,
        }
    }

    /// Exports until [`Exporting::flush`].
    pub fn start(self) -> Exporting {
        let (stop, stopped) = oneshot::channel();
        let stopped = async {
            let _ = stopped.await;
        };
        Exporting {
            task: tokio::spawn(self.run(stopped)),
            stop,
        }
    }

    async fn run(mut self, stopped: impl Future<Output = ()>) {
        let mut stopped = pin!(stopped);
        loop {
            let mut batch = Vec::new();
            let received = tokio::select! {
                () = &mut stopped => return self.flush().await,
                received = self.ended.spans.recv_many(&mut batch, MAX_BATCH) => received,
            };
            if received == 0 {
                // Another subscriber was installed first, and nothing is collected.
                return;
            }
            let is_stopping = self.fill(&mut batch, stopped.as_mut()).await
                || self.send(&batch, stopped.as_mut()).await;
            if is_stopping {
                return self.flush().await;
            }
        }
    }

    /// Waits for more spans. Returns whether the process stops.
    async fn fill(
        &mut self,
        batch: &mut Vec<EndedSpan>,
        mut stopped: Pin<&mut impl Future<Output = ()>>,
    ) -> bool {
        let mut delay = pin!(sleep(BATCH_DELAY));
        while batch.len() < MAX_BATCH {
            let room = MAX_BATCH - batch.len();
            tokio::select! {
                () = &mut stopped => {
                    self.send_once(batch).await;
                    return true;
                }
                () = &mut delay => break,
                received = self.ended.spans.recv_many(batch, room) => {
                    if received == 0 {
                        break;
                    }
                }
            }
        }
        false
    }

    /// Tries again while the collector is busy or away. Returns whether the process stops.
    async fn send(
        &mut self,
        batch: &[EndedSpan],
        mut stopped: Pin<&mut impl Future<Output = ()>>,
    ) -> bool {
        let mut pause = FIRST_PAUSE;
        for _ in 1..MAX_ATTEMPTS {
            let Err(error) = self.collector.post(batch).await else {
                self.sent();
                return false;
            };
            if !error.may_pass() {
                self.lose(batch, &error);
                return false;
            }
            self.note_away(&error);
            let wait = error.retry_after().unwrap_or(pause);
            pause *= 2;
            let wait = self.jitter.between(wait, wait + FIRST_PAUSE);
            tokio::select! {
                () = &mut stopped => {
                    self.send_once(batch).await;
                    return true;
                }
                () = sleep(wait) => {}
            }
        }
        self.send_once(batch).await;
        false
    }

    async fn send_once(&mut self, batch: &[EndedSpan]) {
        match self.collector.post(batch).await {
            Ok(()) => self.sent(),
            Err(error) => self.lose(batch, &error),
        }
    }

    async fn flush(&mut self) {
        while !self.ended.spans.is_empty() {
            let mut batch = Vec::new();
            self.ended.spans.recv_many(&mut batch, MAX_BATCH).await;
            self.send_once(&batch).await;
        }
    }

    fn sent(&mut self) {
        self.is_away = false;
        let dropped = self.ended.dropped.swap(0, Ordering::Relaxed);
        let lost = std::mem::take(&mut self.lost) + dropped;
        if lost > 0 {
            tracing::warn!("the trace collector takes spans again; {lost} were dropped");
        }
    }

    fn lose(&mut self, batch: &[EndedSpan], error: &PostError) {
        self.lost += batch.len() as u64;
        self.note_away(error);
    }

    /// Logged once, not after each attempt.
    fn note_away(&mut self, error: &PostError) {
        if !std::mem::replace(&mut self.is_away, true) {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "the trace collector does not take spans"
            );
        }
    }
}

impl Exporting {
    /// Sends what is left and ends the task. A collector that is away does not hold up the process.
    pub async fn flush(self) {
        drop(self.stop);
        if timeout(FLUSH_TIMEOUT, self.task).await.is_err() {
            tracing::warn!("the trace collector did not take the last spans in time");
        }
    }
}
