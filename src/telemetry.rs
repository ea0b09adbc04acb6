//! Logs: one line for each event on standard output, where the Functions host takes them from.
//! It makes an error of nearly everything that comes over standard error.

use std::io::{self, LineWriter, Write};
use std::sync::{Mutex, PoisonError};

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
        .with_writer(OneLineEach::default());
    // It fails only where a subscriber is installed already, which then does the work.
    let _ = tracing_subscriber::registry()
        .with(targets)
        .with(lines)
        .try_init();
}

/// Writes each event as one line, whatever is in it.
#[derive(Default)]
struct OneLineEach(Mutex<()>);

struct Line<'a> {
    _turn: std::sync::MutexGuard<'a, ()>,
    out: LineWriter<io::StdoutLock<'static>>,
}

impl<'a> MakeWriter<'a> for OneLineEach {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line {
            _turn: self.0.lock().unwrap_or_else(PoisonError::into_inner),
            out: LineWriter::new(io::stdout().lock()),
        }
    }
}

impl Write for Line<'_> {
    /// The subscriber hands over a whole event at once, with a line break at its end.
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text = event.strip_suffix(b"\n").unwrap_or(event);
        if text.iter().any(|byte| byte.is_ascii_control()) {
            let clean = |byte: &u8| if byte.is_ascii_control() { b' ' } else { *byte };
            let cleaned: Vec<u8> = text.iter().map(clean).collect();
            self.out.write_all(&cleaned)?;
        } else {
            self.out.write_all(text)?;
        }
        self.out.write_all(b"\n")?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
