//! Logs one line per event to standard output, where the Functions host reads them. The host
//! reports nearly everything on standard error as an error. Spans for OpenTelemetry are in `trace`.

pub mod trace;

use std::io::{self, StdoutLock, Write};

use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

use self::trace::SpanCollector;

/// Enables logging for the process. Other crates log only warnings and errors. With a collector,
/// the spans of traces go there, whatever the level.
pub fn init(level: Level, spans: Option<SpanCollector>) {
    let others = level.min(Level::WARN);
    let targets = Targets::new()
        .with_default(others)
        .with_target("switchboard", level);
    // This fails only if a subscriber is already installed, which then receives the events.
    let _ = match spans {
        None => tracing_subscriber::registry()
            .with(targets)
            .with(lines())
            .try_init(),
        Some(spans) => {
            let traced = Targets::new().with_target(trace::TARGET, Level::DEBUG);
            tracing_subscriber::registry()
                .with(lines().with_filter(targets))
                .with(spans.with_filter(traced))
                .try_init()
        }
    };
}

fn lines<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(OneLinePerEvent)
}

/// The beginning of untrusted text: logging is billed by length.
pub fn clipped(text: &str) -> &str {
    const MAX_CHARACTERS: usize = 100;
    let end = text.char_indices().map(|(at, _)| at).nth(MAX_CHARACTERS);
    end.map_or(text, |end| &text[..end])
}

/// Writes each event as one line, whatever it contains. Standard output is flushed at line ends.
struct OneLinePerEvent;

struct Line(StdoutLock<'static>);

impl MakeWriter<'_> for OneLinePerEvent {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line(io::stdout().lock())
    }
}

impl Write for Line {
    /// The subscriber passes a whole event at once, with a line break at its end.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = event.strip_suffix(b"\n").unwrap_or(event);
        if text.iter().any(u8::is_ascii_control) {
            let clean = |byte: &u8| if byte.is_ascii_control() { b' ' } else { *byte };
            let cleaned: Vec<u8> = text.iter().map(clean).collect();
            self.0.write_all(&cleaned)?;
            self.0.write_all(b"\n")?;
        } else {
            self.0.write_all(event)?;
        }
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
