//! Prints events for a person.

mod detail;
mod paint;
mod table;
mod tag;

use std::io::{IsTerminal as _, Write as _};
use std::sync::Arc;

use devhost::{Call, Fate, HostEvent, Line, Outcome};

pub(crate) use detail::Detail;
use paint::{FAINT, GREEN, Paint, RED, YELLOW};

/// Prints the host's messages to standard error, and the handler's standard output to standard
/// output.
#[derive(Debug, Clone)]
pub(crate) struct Terminal(Arc<Settings>);

#[derive(Debug)]
struct Settings {
    detail: Detail,
    /// For standard error.
    paint: Paint,
    /// For standard output.
    out: Paint,
}

impl Terminal {
    pub(crate) fn new(detail: Detail) -> Self {
        Self(Arc::new(Settings {
            detail,
            paint: Paint {
                colour: std::io::stderr().is_terminal(),
            },
            out: Paint {
                colour: std::io::stdout().is_terminal(),
            },
        }))
    }

    pub(crate) fn error(&self, error: &str) {
        self.line(&format!("{} {error}", self.paint(RED, "error:")));
    }

    fn warning(&self, warning: &str) {
        self.line(&format!("{} {warning}", self.paint(YELLOW, "warning:")));
    }

    pub(crate) fn event(&self, event: &HostEvent) {
        match event {
            HostEvent::Running {
                at,
                functions,
                warnings,
            } => {
                for warning in warnings {
                    self.warning(warning);
                }
                self.line(&table::of(functions, at.port(), self.0.paint));
            }
            HostEvent::Changed => self.line("the app has changed; restarting it"),
            HostEvent::NotLoaded(reason) => self.error(reason),
            HostEvent::Starting { program, port } if self.is_verbose() => {
                let program = program.display();
                self.line(&self.faint(&format!("starting {program} on 127.0.0.1:{port}")));
            }
            HostEvent::Ready { after, .. } => {
                self.line(&format!(
                    "{} after {} ms",
                    self.paint(GREEN, "ready"),
                    after.as_millis()
                ));
            }
            HostEvent::HandlerExited(exit) => {
                self.line(&format!(
                    "{} the handler ended {exit}",
                    self.paint(RED, "error:")
                ));
            }
            HostEvent::Restarting { .. } => self.line("restarting the handler"),
            HostEvent::Stdout(line) => {
                let tag = self.0.out.paint(FAINT, &self.tag(None, line));
                let _ = writeln!(std::io::stdout().lock(), "{tag}{line}");
            }
            HostEvent::Stderr { line, is_warning } => {
                let (level, colour) = if *is_warning {
                    ("warning", YELLOW)
                } else {
                    ("error", RED)
                };
                let tag = self.faint(&self.tag(Some(level), line));
                self.line(&format!("{tag}{}", self.paint(colour, line)));
            }
            HostEvent::Called(call) if self.0.detail != Detail::Quiet => self.call(call),
            HostEvent::Fired {
                function,
                elapsed,
                outcome,
                ..
            } => match outcome {
                Outcome::Succeeded => {
                    self.line(&format!(
                        "{function} {} {} ms",
                        self.paint(GREEN, "succeeded"),
                        elapsed.as_millis()
                    ));
                }
                Outcome::Failed(reason) => {
                    self.line(&format!(
                        "{function} {} {} ms: {reason}",
                        self.paint(RED, "failed"),
                        elapsed.as_millis()
                    ));
                }
                _ => {}
            },
            HostEvent::Log {
                function,
                invocation,
                line,
            } => {
                let tag = tag::of(self.0.detail, None, Some(function), Some(*invocation));
                self.line(&format!("{}{line}", self.faint(&tag)));
            }
            HostEvent::Output {
                function,
                queue,
                message,
            } => {
                let count = message.len();
                self.line(&self.faint(&format!(
                    "{function} put {count} bytes into the queue {queue}"
                )));
            }
            HostEvent::Message {
                function,
                queue,
                id,
                fate: Fate::Poisoned,
            } => {
                self.warning(&format!(
                    "{function} failed too often for message {id}; it is now in {queue}-poison"
                ));
            }
            HostEvent::Notice(notice) => self.warning(notice),
            _ => {}
        }
    }

    fn tag(&self, level: Option<&str>, line: &Line) -> String {
        let source = line.source.as_ref();
        let function = source.map(|source| source.function.as_str());
        let invocation = source.and_then(|source| source.invocation);
        tag::of(self.0.detail, level, function, invocation)
    }

    fn call(&self, call: &Call) {
        let colour = match call.status {
            500.. => RED,
            400.. => YELLOW,
            _ => GREEN,
        };
        let mut line = format!(
            "{} {} {} {:.1} ms",
            self.paint(colour, &call.status.to_string()),
            call.method,
            call.path,
            call.elapsed.as_secs_f64() * 1000.0,
        );
        if let Some(function) = &call.function
            && self.is_verbose()
        {
            line.push_str(&self.paint(FAINT, &format!("  {function}")));
        }
        if let Some(invocation) = call.invocation.filter(|_| self.is_verbose()) {
            line.push_str(&self.paint(FAINT, &format!("  {invocation}")));
        }
        if let Some(failure) = &call.failure {
            line.push_str(&format!("  {}", self.paint(RED, failure)));
        }
        if let Some(headers) = &call.headers {
            for (sign, list) in [('>', &headers.request), ('<', &headers.answer)] {
                for (name, value) in list {
                    line.push_str(&self.paint(FAINT, &format!("\n    {sign} {name}: {value}")));
                }
            }
        }
        self.line(&line);
    }

    fn is_verbose(&self) -> bool {
        self.0.detail == Detail::Verbose
    }

    fn faint(&self, text: &str) -> String {
        self.paint(FAINT, text)
    }

    fn paint(&self, colour: &str, text: &str) -> String {
        self.0.paint.paint(colour, text)
    }

    /// Ignores errors: the host keeps running if its terminal is closed.
    fn line(&self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }
}
