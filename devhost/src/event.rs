use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use uuid::Uuid;

use crate::app::FunctionInfo;

/// What happened inside the host; whoever runs it decides what of it is shown, and how.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum HostEvent {
    /// An app is being run, and answers at this address.
    Running {
        at: SocketAddr,
        functions: Vec<FunctionInfo>,
        /// What the host would accept in silence and the app's author would not have wanted.
        warnings: Vec<String>,
    },
    /// A file of the app has changed, and it is started again.
    Changed,
    /// The changed app cannot be run, for this reason; the next change may mend it.
    NotLoaded(String),
    /// The handler is being started on this port.
    Starting {
        program: PathBuf,
        port: u16,
    },
    /// The handler answered its first `GET /`.
    Ready {
        port: u16,
        after: Duration,
    },
    HandlerExited(HandlerExit),
    /// The handler is started again; so many failures count against it.
    Restarting {
        failures: usize,
    },
    /// A line the handler printed.
    Stdout(Line),
    /// A line the handler printed as an error; with "warn" in it, the host takes it for a warning.
    Stderr {
        line: Line,
        is_warning: bool,
    },
    /// A caller was answered.
    Called(Call),
    /// A function without a caller ran: a timer, a queue, an event hub, or one fired by hand.
    Fired {
        function: String,
        invocation: Uuid,
        elapsed: Duration,
        outcome: Outcome,
    },
    /// A line of `Logs` in a handler's JSON answer.
    Log {
        function: String,
        invocation: Uuid,
        line: String,
    },
    /// A message for a queue, from a handler's JSON answer.
    Output {
        function: String,
        queue: String,
        message: Vec<u8>,
    },
    /// A message was taken from a queue and worked on, and this became of it.
    Message {
        function: String,
        queue: String,
        id: String,
        fate: Fate,
    },
    /// Something a person should know of, as a sentence.
    Notice(String),
}

/// What the handler printed, without the end of the line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    pub text: String,
    /// Whose it is, as far as that is certain.
    pub source: Option<Source>,
}

impl std::fmt::Display for Line {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(&self.text)
    }
}

impl std::ops::Deref for Line {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// Which invocation something comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    pub function: String,
    /// `None` where it is one of several that run at the same time.
    pub invocation: Option<Uuid>,
}

/// One request and its answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// `None` where the host answered by itself.
    pub function: Option<String>,
    pub invocation: Option<Uuid>,
    pub method: String,
    /// As the caller wrote it, without the query: that often holds a key.
    pub path: String,
    pub status: u16,
    pub elapsed: Duration,
    /// Why the host answered 500 in the handler's place.
    pub failure: Option<String>,
    /// With [`Options::headers`](crate::Options::headers) only.
    pub headers: Option<Headers>,
}

/// Names and values of headers; what is secret among the values is masked.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Headers {
    pub request: Vec<(String, String)>,
    /// Without those that the connection adds, such as `Date`; empty for an answer that streams.
    pub answer: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    Succeeded,
    Failed(String),
}

/// What became of a queue's message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    Deleted,
    /// It becomes visible again and is tried again.
    Returned,
    /// It lies in the poison queue.
    Poisoned,
}

/// How a handler ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandlerExit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// The last lines it printed as errors, or else the last it printed at all.
    pub last_lines: Vec<String>,
}

impl std::fmt::Display for HandlerExit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(out, "with exit code {code}")?,
            (None, Some(signal)) => write!(out, "by signal {signal}")?,
            (None, None) => out.write_str("in an unknown way")?,
        }
        for line in &self.last_lines {
            write!(out, "\n    {line}")?;
        }
        Ok(())
    }
}

/// Why the host stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HostError {
    #[error("{} is neither a file of the app nor a command on the PATH", program.display())]
    NoSuchCommand { program: PathBuf },
    #[error("{} cannot be started: {source}", program.display())]
    CannotStart {
        program: PathBuf,
        source: std::io::Error,
    },
    #[error("the handler ended for the third time within half an hour, now {0}")]
    KeepsEnding(HandlerExit),
    #[error(
        "the handler did not answer `GET /` on 127.0.0.1:{port} within {} seconds, for the third \
         time; does it listen on FUNCTIONS_CUSTOMHANDLER_PORT?",
        .within.as_secs()
    )]
    NeverReady { port: u16, within: Duration },
    #[error("no port could be found for the handler: {0}")]
    NoPort(std::io::Error),
    #[error("the listener failed: {0}")]
    Listener(std::io::Error),
}
