//! The layer that collects ended spans into a bounded channel.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tracing::Subscriber;
use tracing::span::{Attributes, Id, Record};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use super::context::TraceContext;
use super::ended::{EndedSpan, Kind};
use super::fields::Fields;
use crate::clock::{Clock, Ids};

/// How many ended spans wait for export. More are dropped and counted: tracing must neither slow
/// calls down nor fill the memory.
const CAPACITY: usize = 2048;

/// With this field a call is answered. Work that goes on under its span does not lengthen it.
const STATUS: &str = "http.response.status_code";

/// Collects spans of [`TARGET`](super::TARGET).
#[derive(Debug)]
pub struct SpanCollector {
    clock: Clock,
    ids: Ids,
    ended: mpsc::Sender<EndedSpan>,
    dropped: Arc<AtomicU64>,
}

/// The other end of the collector.
#[derive(Debug)]
pub struct EndedSpans {
    pub spans: mpsc::Receiver<EndedSpan>,
    /// How many were dropped so far, because too many waited.
    pub dropped: Arc<AtomicU64>,
}

pub fn collector(clock: Clock, ids: Ids) -> (SpanCollector, EndedSpans) {
    let (ended, spans) = mpsc::channel(CAPACITY);
    let dropped = Arc::default();
    let collector = SpanCollector {
        clock,
        ids,
        ended,
        dropped: Arc::clone(&dropped),
    };
    (collector, EndedSpans { spans, dropped })
}

/// A span under way.
struct OpenSpan {
    context: TraceContext,
    parent: Option<u64>,
    fields: Fields,
    links: Vec<TraceContext>,
    start: u64,
    end: Option<u64>,
    is_answered: bool,
}

/// `None` for a span that is not collected.
pub(super) fn context_of<'a, R: LookupSpan<'a>>(span: &SpanRef<'a, R>) -> Option<TraceContext> {
    let extensions = span.extensions();
    extensions.get::<OpenSpan>().map(|open| open.context)
}

impl SpanCollector {
    fn now(&self) -> u64 {
        self.clock.now().as_nanosecond().try_into().unwrap_or(0)
    }

    /// The sampling is the parent's. A trace begins with a call or with a message of a queue; what
    /// the process does by itself, such as polling, is not recorded.
    fn begin(&self, local: Option<TraceContext>, fields: Fields) -> OpenSpan {
        let remote = fields.remote_parent;
        let parent = remote.or(local);
        let random = self.ids.uuid();
        let may_begin = matches!(fields.kind, Kind::Server | Kind::Consumer);
        OpenSpan {
            context: TraceContext {
                trace: parent.map_or_else(|| self.ids.uuid().as_u128(), |parent| parent.trace),
                // The last half of a random UUID is never zero.
                span: random.as_u64_pair().1,
                is_sampled: parent.map_or(may_begin, |parent| parent.is_sampled),
            },
            parent: parent.map(|parent| parent.span),
            // A call that takes a message belongs to the trace of the message.
            links: remote.and(local).into_iter().collect(),
            fields,
            start: self.now(),
            end: None,
            is_answered: false,
        }
    }
}

impl OpenSpan {
    fn finish(self, name: &'static str, now: u64) -> EndedSpan {
        let fields = self.fields;
        EndedSpan {
            context: self.context,
            parent: self.parent,
            name: fields.name.unwrap_or_else(|| name.to_owned()),
            kind: fields.kind,
            start: self.start,
            end: self.end.unwrap_or(now).max(self.start),
            attributes: fields.attributes,
            links: self.links,
            has_failed: fields.has_failed,
        }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for SpanCollector {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let local = span.scope().skip(1).find_map(|above| context_of(&above));
        span.extensions_mut().insert(self.begin(local, fields));
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        if let Some(open) = extensions.get_mut::<OpenSpan>() {
            open.fields.remote_parent = None;
            values.record(&mut open.fields);
            if let Some(parent) = open.fields.remote_parent {
                open.context.trace = parent.trace;
                open.context.is_sampled = parent.is_sampled;
                open.parent = Some(parent.span);
            }
            if open
                .fields
                .attributes
                .iter()
                .any(|(name, _)| *name == STATUS)
            {
                open.end = Some(self.now());
                open.is_answered = true;
            }
        }
    }

    fn on_follows_from(&self, id: &Id, follows: &Id, context: Context<'_, S>) {
        let (Some(span), Some(cause)) = (context.span(id), context.span(follows)) else {
            return;
        };
        let Some(link) = cause.scope().find_map(|span| context_of(&span)) else {
            return;
        };
        if let Some(open) = span.extensions_mut().get_mut::<OpenSpan>() {
            open.links.push(link);
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut extensions = span.extensions_mut();
        if let Some(open) = extensions.get_mut::<OpenSpan>()
            && !open.is_answered
        {
            open.end = Some(self.now());
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else {
            return;
        };
        let Some(open) = span.extensions_mut().remove::<OpenSpan>() else {
            return;
        };
        if !open.context.is_sampled {
            return;
        }
        let ended = open.finish(span.name(), self.now());
        if self.ended.try_send(ended).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use jiff::Timestamp;
    use tracing::field::Empty;
    use tracing::{Span, debug_span};
    use tracing_subscriber::layer::SubscriberExt;
    use tracing_subscriber::registry::Registry;

    use super::*;

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    /// What is collected, in the order in which it ended, and how much was dropped. The work may
    /// set the clock, in seconds.
    fn collected(work: impl FnOnce(&AtomicI64)) -> (Vec<EndedSpan>, u64) {
        let now = Arc::new(AtomicI64::new(0));
        let clock = Arc::clone(&now);
        let clock =
            Clock::from_fn(move || Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap());
        let (layer, mut ended) = collector(clock, Ids::random());
        tracing::subscriber::with_default(Registry::default().with(layer), || work(&now));
        let mut spans = Vec::new();
        while let Ok(span) = ended.spans.try_recv() {
            spans.push(span);
        }
        (spans, ended.dropped.load(Ordering::Relaxed))
    }

    fn call(traceparent: Option<&str>) -> Span {
        debug_span!(
            "call",
            otel.kind = "server",
            traceparent,
            http.response.status_code = Empty
        )
    }

    #[test]
    fn a_trace_begins_with_a_call() {
        let (spans, _) = collected(|_| {
            debug_span!("poll", otel.kind = "client").in_scope(|| debug_span!("inner"));
            call(None).in_scope(|| debug_span!("read", otel.kind = "client"));
        });

        let names: Vec<_> = spans.iter().map(|span| span.name.as_str()).collect();
        assert_eq!(names, ["read", "call"]);
        let [read, call] = &spans[..] else { panic!() };
        assert_eq!(read.parent, Some(call.context.span));
        assert_eq!(
            (read.context.trace, call.parent),
            (call.context.trace, None)
        );
    }

    #[test]
    fn a_trace_is_continued_and_its_sampling_obeyed() {
        let (spans, _) = collected(|_| {
            call(Some(PARENT)).in_scope(|| debug_span!("read"));
            call(Some(&PARENT.replace("-01", "-00"))).in_scope(|| debug_span!("hidden"));
        });

        let parent: TraceContext = PARENT.parse().unwrap();
        assert_eq!(spans.len(), 2);
        assert!(spans.iter().all(|span| span.context.trace == parent.trace));
        assert_eq!(spans[1].parent, Some(parent.span));
    }

    #[test]
    fn work_that_goes_on_does_not_lengthen_its_call() {
        const SECOND: u64 = 1_000_000_000;
        let (spans, _) = collected(|now| {
            let call = call(None);
            call.in_scope(|| now.store(1, Ordering::Relaxed));
            call.record("http.response.status_code", 200);
            now.store(5, Ordering::Relaxed);
            call.in_scope(|| debug_span!("later"));
        });

        assert_eq!(
            (spans[0].start, spans[0].name.as_str()),
            (5 * SECOND, "later")
        );
        assert_eq!((spans[1].start, spans[1].end), (0, SECOND));
    }

    #[test]
    fn a_span_may_name_other_causes() {
        let (spans, _) = collected(|_| {
            let (one, other) = (call(None), call(None));
            debug_span!(parent: &one, "batch").follows_from(&other);
        });

        let batch = spans.iter().find(|span| span.name == "batch").unwrap();
        let other = spans
            .iter()
            .find(|span| span.context.trace != batch.context.trace);
        assert_eq!(batch.links, [other.unwrap().context]);
    }

    #[test]
    fn spans_that_nobody_fetches_are_dropped_and_counted() {
        let (spans, dropped) = collected(|_| (0..CAPACITY + 3).for_each(|_| drop(call(None))));

        assert_eq!((spans.len(), dropped), (CAPACITY, 3));
    }
}
