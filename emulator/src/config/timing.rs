//! Durations.

use std::time::Duration;

/// Durations. The defaults are those of the service as far as they are known; tests shorten them.
#[derive(Debug, Clone)]
pub struct Timing {
    /// How long a reliable connection without a socket can be recovered.
    pub recovery_window: Duration,
    /// The limit from sending an event to the headers of its answer, retries included.
    pub webhook_timeout: Duration,
    /// The pauses before an event is sent again after 408, 5xx or a network failure.
    pub retry_after: Vec<Duration>,
    /// The limit for a handler to answer a validation request.
    pub validation_timeout: Duration,
    /// How long a successful validation is valid.
    pub revalidate_after: Duration,
    /// The limit for a client to answer a close frame.
    pub close_timeout: Duration,
    /// The simulated latency to clients and REST callers.
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
