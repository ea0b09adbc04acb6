//! What the service answered, and whether it is worth asking again.

use std::time::Duration;

use bytes::Bytes;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::store::StoreError;

/// How long to wait at least, and when the service does not say.
const SHORT: Duration = Duration::from_millis(20);

/// A read that asked for a session this replica has not come up with.
const READ_SESSION_NOT_AVAILABLE: u32 = 1002;

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Answer {
    /// Several results in one answer: when the call as a whole came at a bad time, one of them
    /// says so, and that counts as the answer's own status.
    pub(super) fn new(status: StatusCode, headers: HeaderMap, body: Bytes) -> Self {
        let mut answer = Self {
            status,
            headers,
            body,
        };
        if status == StatusCode::MULTI_STATUS {
            let results: Vec<OnlyStatus> = answer.json().unwrap_or_default();
            let busy = results.iter().find(|result| is_busy(result.status_code));
            if let Some(busy) = busy.and_then(|busy| StatusCode::from_u16(busy.status_code).ok()) {
                answer.status = busy;
            }
        }
        answer
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(super) fn sub_status(&self) -> Option<u32> {
        self.header("x-ms-substatus")?.parse().ok()
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, StoreError> {
        serde_json::from_slice(&self.body)
            .map_err(|_| StoreError::Refused("Cosmos DB answered what cannot be read".to_owned()))
    }

    /// How long to wait before the same may be asked again; nothing was done yet.
    pub(super) fn asks_to_wait(&self) -> Option<Duration> {
        let behind = self.status == StatusCode::NOT_FOUND
            && self.sub_status() == Some(READ_SESSION_NOT_AVAILABLE);
        let said = || self.header("x-ms-retry-after-ms")?.parse().ok();
        let wait = || said().map_or(SHORT, Duration::from_millis).max(SHORT);
        (behind || is_busy(self.status.as_u16())).then(wait)
    }

    /// Whether it went wrong where the same may go well the next time, and where a write may have
    /// been done or not.
    pub(super) fn went_wrong(&self) -> bool {
        self.status.is_server_error() || self.status == StatusCode::REQUEST_TIMEOUT
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OnlyStatus {
    status_code: u16,
}

/// 429: more than the throughput that was paid for. 449: another write was in the way.
pub(super) fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 449)
}
