//! Time limit and errors of calls to the Web PubSub service.

use std::future::Future;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::timeout;

/// How long a webhook may wait for the service. The Functions host kills a handler whose function
/// takes minutes, together with all its other calls.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// A call to the service failed.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("the message cannot be serialized")]
    Json(#[source] serde_json::Error),
    #[error("the service refused")]
    Service(#[from] webpubsub::Error),
    #[error("the service took too long")]
    TooLong,
}

impl CallError {
    /// Whether the same call may succeed later.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Json(_) => false,
            Self::Service(error) => {
                error.is_transient() || matches!(error, webpubsub::Error::Credential(_))
            }
            Self::TooLong => true,
        }
    }
}

/// Makes several calls concurrently. The first error is returned.
pub async fn join_with_timeout(
    calls: impl IntoIterator<Item = impl Future<Output = Result<(), CallError>>>,
) -> Result<(), CallError> {
    match timeout(TIMEOUT, try_join_all(calls)).await {
        Ok(done) => done.map(|_| ()),
        Err(_) => Err(CallError::TooLong),
    }
}
