//! Spans for OpenTelemetry: a layer collects them, and `trace_export` sends them. While no
//! collector is configured, no subscriber is interested in [`TARGET`], so that such a span costs
//! one comparison.
//!
//! Fields become attributes under their own names. Some have a meaning of their own: `otel.name`,
//! `otel.kind`, `otel.status_code`, and `traceparent`, the parent in another process.

mod context;
mod ended;
mod fields;
mod layer;

use tracing::Span;
use tracing_subscriber::registry::{LookupSpan, Registry};

pub use context::{InvalidTraceContext, TraceContext, read_or_none};
pub use ended::{EndedSpan, Kind, Value};
pub use layer::{EndedSpans, SpanCollector, collector};

/// The target of all these spans. Log lines do not show them.
pub const TARGET: &str = "otel";

/// Where the current span stands, for a process that continues the trace. `None` if spans are not
/// collected.
pub fn current() -> Option<TraceContext> {
    let context = Span::current().with_subscriber(|(id, subscriber)| {
        let span = subscriber.downcast_ref::<Registry>()?.span(id)?;
        span.scope().find_map(|span| layer::context_of(&span))
    });
    context.flatten()
}

/// Makes the current span of a call a part of this trace. What the call did before stays in its
/// own.
pub fn continue_from(parent: TraceContext) {
    Span::current().record("traceparent", parent.to_string());
}
