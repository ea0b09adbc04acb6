//! How a client behaves towards the service.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::http::HttpClient;

/// Tells the time that goes into tokens.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How long a [`HubClient`](crate::HubClient) waits, how often it tries, and through what.
#[derive(Clone)]
pub struct HubClientOptions {
    /// How long one try may take. The default is 10 seconds.
    pub try_timeout: Duration,
    /// How long a call may take with all its tries and waits. The default is 30 seconds,
    /// the most a day.
    pub timeout: Duration,
    /// How many tries may follow a failed one. The default is 3, and 20 the most.
    pub max_retries: u32,
    /// What the waits between tries begin with; each is twice the one before, and a little
    /// more at random. A longer `Retry-After` of the service is obeyed instead. The default
    /// is 200 milliseconds.
    pub retry_delay: Duration,
    /// The HTTP client to use, so that several clients can share connections; a
    /// `reqwest::Client` is one. By default one is built for the first call.
    pub http_client: Option<Arc<dyn HttpClient>>,
    /// The time. The default is the system's.
    pub clock: Clock,
}

impl Default for HubClientOptions {
    fn default() -> Self {
        Self {
            try_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            max_retries: 3,
            retry_delay: Duration::from_millis(200),
            http_client: None,
            clock: Arc::new(system_time),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the clock's default; who wants another one passes it in"
)]
fn system_time() -> SystemTime {
    SystemTime::now()
}

impl fmt::Debug for HubClientOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HubClientOptions")
            .field("try_timeout", &self.try_timeout)
            .field("timeout", &self.timeout)
            .field("max_retries", &self.max_retries)
            .field("retry_delay", &self.retry_delay)
            .field("http_client", &self.http_client)
            .finish_non_exhaustive()
    }
}
