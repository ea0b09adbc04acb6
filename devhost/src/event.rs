//! Events that the host reports, and the errors that end it.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use uuid::Uuid;

use crate::app::FunctionInfo;

/// Something that happened in the host. The program that runs the host decides what to show.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum HostEvent {
    /// The app runs and answers at this address.
    Running {
        at: SocketAddr,
        functions: Vec<FunctionInfo>,
        /// Likely mistakes in the app that the real host accepts silently.
        warnings: Vec<String>,
    },
    /// A file of the app has changed; the app is restarted.
    Changed,
    /// The changed app cannot be loaded, for this reason. The host waits for the next change.
    NotLoaded(String),
    /// The handler is being started on this port.
    Starting {
        program: PathBuf,
        port: u16,
    },
    /// The handler has answered its first `GET /`.
    Ready {
        port: u16,
        after: Duration,
    },
    HandlerExited(HandlerExit),
    /// The handler is restarted. This many failures count against it so far.
    Restarting {
        failures: usize,
    },
    /// A line of the handler's standard output.
    Stdout(Line),
    /// A line of the handler's standard error. The host treats it as a warning if it contains
    /// "warn".
    Stderr {
        line: Line,
        is_warning: bool,
    },
    /// A request was answered.
    Called(Call),
    /// A function without a caller has run: triggered by a timer, a queue, an event hub or by hand.
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
    /// A message from a queue was processed.
    Message {
        function: String,
        queue: String,
        id: String,
        fate: Fate,
    },
    /// Something that a person should know, as a sentence.
    Notice(String),
}

/// A line that the handler printed, without its line feed.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line {
    pub text: String,
    /// The invocation that printed it, as far as that is certain.
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

/// The origin of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Source {
    pub function: String,
    /// `None` if several invocations of the function run at the same time.
    pub invocation: Option<Uuid>,
}

/// One request and its answer.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Call {
    /// `None` if no function was called.
    pub function: Option<String>,
    pub invocation: Option<Uuid>,
    pub method: String,
    /// As the caller sent it, without the query, which often contains a key.
    pub path: String,
    pub status: u16,
    pub elapsed: Duration,
    /// Why the host itself answered with an error.
    pub failure: Option<String>,
    /// With [`Options::headers`](crate::Options::headers) only.
    pub headers: Option<Headers>,
}

/// Headers of a call. Secret values are masked.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Headers {
    pub request: Vec<(String, String)>,
    /// Without those that the connection adds, such as `Date`. Empty for a streamed answer.
    pub answer: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    Succeeded,
    Failed(String),
}

/// What happened to a message of a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fate {
    Deleted,
    /// It becomes visible again and will be retried.
    Returned,
    /// It was moved to the poison queue.
    Poisoned,
}

/// How a handler ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HandlerExit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// The last lines of standard error; if there are none, the last lines of standard output.
    pub last_lines: Vec<String>,
}

impl std::fmt::Display for HandlerExit {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(out, "with exit code {code}")?,
            (None, Some(signal)) => write!(out, "by signal {signal}")?,
            (None, None) => out.write_str("for an unknown reason")?,
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
    #[error("cannot start {}: {source}", program.display())]
    CannotStart {
        program: PathBuf,
        source: std::io::Error,
    },
    #[error("the handler ended for the third time within half an hour, this time {0}")]
    CrashLoop(HandlerExit),
    #[error(
        "the handler did not answer `GET /` on 127.0.0.1:{port} within {} seconds, for the third \
         time; does it listen on FUNCTIONS_CUSTOMHANDLER_PORT?",
        .within.as_secs()
    )]
    NeverReady { port: u16, within: Duration },
    #[error("cannot find a free port for the handler: {0}")]
    NoPort(std::io::Error),
    #[error("the listener failed: {0}")]
    Listener(std::io::Error),
}
