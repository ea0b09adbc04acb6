//! Events of an organisation. They reach the connections that are open now and are not kept.

use serde_json::value::RawValue;

use super::FeedError;
use super::frame::{Frame, send};
use super::notification::well_formed;
use super::size_limit::SizeLimit;
use crate::azure::courier::Courier;
use crate::ids::target::OrgId;

const MAX_TYPE: usize = 256;

/// An event within its limits.
#[derive(Debug, Clone)]
pub struct Event {
    event_type: String,
    data: Box<RawValue>,
}

impl Event {
    pub fn new(
        event_type: String,
        data: Box<RawValue>,
        limit: SizeLimit,
    ) -> Result<Self, FeedError> {
        if !(1..=MAX_TYPE).contains(&event_type.chars().count()) {
            return Err(FeedError::invalid(format!(
                "`event_type` must have 1 to {MAX_TYPE} characters"
            )));
        }
        limit.check("data", data.get())?;
        well_formed("data", &data)?;
        Ok(Self { event_type, data })
    }

    /// Sends it to the members who are connected.
    pub async fn send(&self, courier: &Courier, org: &OrgId, id: &str) -> Result<(), FeedError> {
        let frame = Frame::Event {
            event_type: &self.event_type,
            data: &self.data,
            id,
        };
        let sent = send(courier, &org.group(), &frame).await;
        sent.map_err(FeedError::Send)
    }
}
