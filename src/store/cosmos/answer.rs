//! What the answers of Cosmos DB mean.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

use crate::azure::rest::{Answer, AnswerClass};

/// The shortest pause before a retry, and the pause if the service names none.
const MIN_RETRY_AFTER: Duration = Duration::from_millis(20);

/// The sub-status of a read whose session the replica has not reached yet.
const READ_SESSION_NOT_AVAILABLE: u32 = 1002;

pub(super) fn classify(answer: &Answer) -> AnswerClass {
    let status = status(answer);
    let is_behind =
        status == StatusCode::NOT_FOUND && sub_status(answer) == Some(READ_SESSION_NOT_AVAILABLE);
    if status.is_server_error() || status == StatusCode::REQUEST_TIMEOUT {
        AnswerClass::Failed
    } else if is_behind || is_busy(status.as_u16()) {
        AnswerClass::Busy(retry_after(answer))
    } else {
        AnswerClass::Processed
    }
}

/// The answer's status. An answer with several results has the status of a result that says that
/// the service was too busy for the call, if there is one.
pub(super) fn status(answer: &Answer) -> StatusCode {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct OperationStatus {
        status_code: u16,
    }
    if answer.status != StatusCode::MULTI_STATUS {
        return answer.status;
    }
    let results: Vec<OperationStatus> = answer.json().unwrap_or_default();
    let busy = results.iter().find(|result| is_busy(result.status_code));
    busy.and_then(|busy| StatusCode::from_u16(busy.status_code).ok())
        .unwrap_or(answer.status)
}

pub(super) fn sub_status(answer: &Answer) -> Option<u32> {
    answer.header("x-ms-substatus")?.parse().ok()
}

fn retry_after(answer: &Answer) -> Duration {
    let milliseconds = answer.header("x-ms-retry-after-ms");
    let milliseconds = milliseconds.and_then(|text| text.parse().ok());
    milliseconds
        .map_or(MIN_RETRY_AFTER, Duration::from_millis)
        .max(MIN_RETRY_AFTER)
}

/// 429: the throughput is used up. 449: another write was in the way.
fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 449)
}
