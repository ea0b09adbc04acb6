//! Logs: one line for each event on standard output, where the Functions host takes them from.
//! It makes an error of nearly everything that comes over standard error.

use std::io::{self, StdoutLock, Write};

use tracing::Level;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Switches logging on for the process. Other crates are heard only when something is wrong.
pub fn init(level: Level) {
    let others = level.min(Level::WARN);
    let targets = Targets::new()
        .with_default(others)
        .with_target("switchboard", level);
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_target(false)
        .with_writer(OneLineEach);
    // It fails only where a subscriber is installed already, which then does the work.
    let _ = tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .try_init();
}

/// The beginning of what a stranger sent: log lines are paid for by their length.
pub fn clipped(text: &str) -> &str {
    const LONGEST: usize = 100;
    let end = text.char_indices().map(|(at, _)| at).nth(LONGEST);
    end.map_or(text, |end| &text[..end])
}

/// Writes each event as one line, whatever is in it. Standard output is flushed at a line's end.
struct OneLineEach;

struct Line(StdoutLock<'static>);

impl MakeWriter<'_> for OneLineEach {
    type Writer = Line;

    fn make_writer(&self) -> Line {
        Line(io::stdout().lock())
    }
}

impl Write for Line {
    /// The subscriber hands over a whole event at once, with a line break at its end.
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
