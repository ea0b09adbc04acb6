//! The frames of feeds, and how they are sent.

use serde::Serialize;
use serde_json::value::RawValue;
use tokio::time::timeout;
use utoipa::ToSchema;

use super::notification::Notification;
use crate::azure::courier::Courier;
use crate::azure::web_pubsub::{CallError, TIMEOUT};

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FeedFrame)]
#[serde(tag = "type")]
pub enum Frame<'a> {
    #[serde(rename = "notification")]
    Notification {
        /// Also every other key that its sender wrote.
        #[schema(value_type = BTreeMap<String, Value>)]
        notification: &'a Notification,
    },
    #[serde(rename = "notification.read")]
    Read { ids: &'a [String] },
    #[serde(rename = "notification.read")]
    AllRead { all: bool },
    #[serde(rename = "event")]
    Event {
        event_type: &'a str,
        #[schema(value_type = Value)]
        data: &'a RawValue,
        id: &'a str,
    },
}

/// One call to the service, which its client repeats while the service cannot be reached.
pub(super) async fn send(
    courier: &Courier,
    group: &str,
    frame: &Frame<'_>,
) -> Result<(), CallError> {
    let sending = courier.to_group(group, frame);
    timeout(TIMEOUT, sending)
        .await
        .unwrap_or(Err(CallError::TooLong))
}
