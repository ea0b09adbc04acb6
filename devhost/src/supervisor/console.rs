//! The lines that the handler prints.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use crate::event::{HostEvent, Line};
use crate::host::Host;

/// The last lines of one stream, for the report about a crash.
#[derive(Debug, Clone, Default)]
pub(super) struct LastLines(Arc<Mutex<VecDeque<String>>>);

/// The host attaches as many to its report.
const MAX_LINES: usize = 3;

impl LastLines {
    fn push(&self, line: &str) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MAX_LINES {
            lines.pop_front();
        }
        lines.push_back(line.to_owned());
    }

    pub(super) fn take(&self) -> Vec<String> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .drain(..)
            .collect()
    }
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Stdout,
    Stderr,
}

/// Reports each line of a stream until its end. Invalid UTF-8 is replaced.
pub(super) async fn watch(
    host: Arc<Host>,
    stream: Stream,
    pipe: impl AsyncRead + Unpin,
    kept: LastLines,
) {
    let mut reader = BufReader::new(pipe);
    let mut line = Vec::new();
    loop {
        line.clear();
        match reader.read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end_matches(['\n', '\r']);
        kept.push(text);
        if !is_for_the_system(text) {
            let source = host.invocations.source(text);
            let text = text.to_owned();
            host.report(event(stream, Line { text, source }));
        }
    }
}

fn event(stream: Stream, line: Line) -> HostEvent {
    match stream {
        Stream::Stdout => HostEvent::Stdout(line),
        Stream::Stderr => HostEvent::Stderr {
            is_warning: line.text.to_lowercase().contains("warn"),
            line,
        },
    }
}

/// Lines with this prefix go to the host's own log, which the app's author cannot see.
fn is_for_the_system(line: &str) -> bool {
    let prefix = "LanguageWorkerConsoleLog";
    line.get(..prefix.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}
