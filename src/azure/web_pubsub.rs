//! Calls to the Web PubSub service: how long they may take, and how they fail.

use std::future::Future;
use std::time::Duration;

use futures_util::future::try_join_all;
use tokio::time::timeout;

/// How long a webhook may wait for the service it answers. The Functions host kills a handler
/// whose function takes minutes, and everything else it was doing with it.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// The service did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    #[error("the message cannot be written")]
    Json(#[source] serde_json::Error),
    #[error("the service refused")]
    Service(#[from] webpubsub::Error),
    #[error("the service took too long")]
    TooLong,
}

/// Several calls side by side; the first that fails is the answer for all.
pub async fn join_with_timeout(
    calls: impl IntoIterator<Item = impl Future<Output = Result<(), CallError>>>,
) -> Result<(), CallError> {
    match timeout(TIMEOUT, try_join_all(calls)).await {
        Ok(done) => done.map(|_| ()),
        Err(_) => Err(CallError::TooLong),
    }
}
