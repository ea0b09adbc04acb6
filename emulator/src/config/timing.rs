//! How long things take.

use std::time::Duration;

/// How long things take. The defaults are those of the service as far as they are known; tests
/// shorten them.
#[derive(Debug, Clone)]
pub struct Timing {
    /// How long a reliable connection without a socket can be recovered.
    pub recovery_window: Duration,
    /// From sending an event to the headers of its answer, repeats included.
    pub webhook_timeout: Duration,
    /// The pauses before an event is sent again after 408, 5xx or a network failure.
    pub retry_after: Vec<Duration>,
    /// How long a handler may take to allow this origin.
    pub validation_timeout: Duration,
    /// After how long a handler that allowed this origin is asked again.
    pub revalidate_after: Duration,
    /// How long a client may take to answer a close frame.
    pub close_timeout: Duration,
    /// How long what the service says is on its way to a client.
    pub latency: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            recovery_window: Duration::from_secs(30),
            webhook_timeout: Duration::from_secs(100),
            retry_after: [1, 3, 5].map(Duration::from_secs).to_vec(),
            validation_timeout: Duration::from_secs(10),
            revalidate_after: Duration::from_secs(60),
            close_timeout: Duration::from_secs(5),
            latency: Duration::ZERO,
        }
    }
}
