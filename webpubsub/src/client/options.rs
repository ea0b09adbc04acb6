//! The options of a client: timeouts, retries, the HTTP client and the clock.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use azure_core::http::HttpClient;

/// Returns the current time, which is written into tokens.
pub type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// The options of a [`HubClient`](crate::HubClient).
#[derive(Clone)]
pub struct HubClientOptions {
    /// The time limit of one attempt. The default is 10 seconds.
    pub try_timeout: Duration,
    /// The time limit of a call with all its attempts and waits. The default is 30 seconds,
    /// the maximum one day.
    pub timeout: Duration,
    /// The maximum number of retries. The default is 3, the maximum 20.
    pub max_retries: u32,
    /// The wait before the first retry. Each further wait is twice as long, plus random
    /// jitter. If the service sends a longer `Retry-After`, that is used instead. The default
    /// is 200 milliseconds.
    pub retry_delay: Duration,
    /// The HTTP client, for instance a `reqwest::Client`. Set it to share connections among
    /// several clients. By default, each client builds its own on the first call.
    pub http_client: Option<Arc<dyn HttpClient>>,
    /// The clock. The default is the system clock.
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
    reason = "this is the default clock; callers can set another one"
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
