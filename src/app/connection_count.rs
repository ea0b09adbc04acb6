//! How many connections are open in the whole deployment, according to the service.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use tracing::Instrument;
use webpubsub::{HubClient, ListOptions};

use crate::access::binding::ALL_CONNECTIONS;
use crate::app::cached::Cached;

/// Within this, some thousands of connections can be listed.
const TIMEOUT: Duration = Duration::from_secs(2);
const TTL_SECONDS: i64 = 5;
/// The largest page that the service gives.
const PAGE: u32 = 200;

/// The last count; `None` if it could not be read in time.
#[derive(Debug, Default)]
pub struct ConnectionCount(Arc<Cached<Option<u64>>>);

impl ConnectionCount {
    /// At most a few seconds old. `None` if the service cannot list the connections in time.
    pub(crate) async fn get(&self, hub: &HubClient, now: i64) -> Option<u64> {
        let (last, hub) = (Arc::clone(&self.0), hub.clone());
        let counting = async move { last.get(now, TTL_SECONDS, list_in_time(&hub)).await };
        // In a task, so that a caller that hangs up early does not cancel the read for others.
        let counting = tokio::spawn(counting.in_current_span());
        counting.await.ok().flatten()
    }
}

async fn list_in_time(hub: &HubClient) -> Option<u64> {
    match timeout(TIMEOUT, list(hub)).await {
        Ok(Ok(count)) => Some(count),
        Ok(Err(error)) => {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "failed to count the open connections"
            );
            None
        }
        Err(_) => {
            tracing::warn!("the service did not list its connections within 2 seconds");
            None
        }
    }
}

async fn list(hub: &HubClient) -> Result<u64, webpubsub::Error> {
    let options = ListOptions {
        max_page_size: Some(PAGE),
        ..ListOptions::default()
    };
    let mut pages = hub.list_connections_in_group(ALL_CONNECTIONS, &options)?;
    let mut count = 0;
    while let Some(page) = pages.next_page().await? {
        count += u64::try_from(page.members.len()).unwrap_or(u64::MAX);
    }
    Ok(count)
}
