//! Frames for those who watch a device, as it reports.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};

use super::message::Message;
use crate::azure::courier::Courier;
use crate::azure::web_pubsub::CallError;
use crate::ids::target::DeviceId;

const MAX_FRAMES: usize = 10;
const WINDOW: SignedDuration = SignedDuration::from_secs(1);
/// Bounds the memory for counts.
const MAX_TRACKED_DEVICES: usize = 10_000;

/// Sends messages to the groups of their devices, at most ten a second to each. Each instance
/// counts separately; the hub gives one device to one of them at a time.
#[derive(Debug)]
pub(super) struct Live {
    courier: Courier,
    sent: Mutex<HashMap<DeviceId, VecDeque<Timestamp>>>,
}

impl Live {
    pub(super) fn new(courier: Courier) -> Self {
        Self {
            courier,
            sent: Mutex::default(),
        }
    }

    /// Sends the newest of a device's messages, as many as the limit allows, in order.
    pub(super) async fn send(
        &self,
        device: &DeviceId,
        messages: &[Message],
        now: Timestamp,
    ) -> Result<(), CallError> {
        let allowed = self.admit(device, messages.len(), now);
        let group = format!("device:{device}");
        let mut refused = None;
        for message in &messages[messages.len() - allowed..] {
            match self.courier.to_group(&group, &message.frame(now)).await {
                Err(error) if error.may_pass() => return Err(error),
                // Of this frame alone.
                Err(error) => refused = Some(error),
                Ok(()) => {}
            }
        }
        refused.map_or(Ok(()), Err)
    }

    /// How many of `wanted` frames may be sent now.
    fn admit(&self, device: &DeviceId, wanted: usize, now: Timestamp) -> usize {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |at: &Timestamp| now.duration_since(*at) >= WINDOW || *at > now;
        if sent.len() >= MAX_TRACKED_DEVICES && !sent.contains_key(device) {
            sent.retain(|_, times| !times.back().is_none_or(is_over));
            if sent.len() >= MAX_TRACKED_DEVICES {
                sent.clear();
            }
        }
        let times = sent.entry(device.clone()).or_default();
        while times.front().is_some_and(is_over) {
            times.pop_front();
        }
        let allowed = wanted.min(MAX_FRAMES.saturating_sub(times.len()));
        times.extend(std::iter::repeat_n(now, allowed));
        allowed
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use webpubsub::{HubClient, HubClientOptions};

    use super::*;

    fn live() -> Live {
        let options = HubClientOptions {
            http_client: Some(Arc::new(crate::azure::http_client::SharedHttpClient::new())),
            ..HubClientOptions::default()
        };
        let text = "Endpoint=http://localhost:9;AccessKey=c2VjcmV0LWtleQ==;Version=1.0;";
        let hub = HubClient::from_connection_string(text, "hub", options).unwrap();
        Live::new(Courier::new(hub))
    }

    #[test]
    fn a_device_sends_ten_frames_in_any_second() {
        let live = live();
        let (device, other) = ("d".parse().unwrap(), "e".parse().unwrap());
        let at = |milliseconds| Timestamp::from_millisecond(milliseconds).unwrap();

        assert_eq!(live.admit(&device, 4, at(0)), 4);
        assert_eq!(live.admit(&device, 30, at(900)), 6);
        assert_eq!(live.admit(&other, 30, at(900)), 10);
        assert_eq!(live.admit(&device, 1, at(999)), 0);
        assert_eq!(live.admit(&device, 30, at(1000)), 4);
        assert_eq!(live.admit(&device, 30, at(1900)), 6);
    }

    #[test]
    fn the_memory_for_counts_is_bounded() {
        let live = live();
        for n in 0..MAX_TRACKED_DEVICES + 5 {
            live.admit(&format!("d{n}").parse().unwrap(), 1, Timestamp::UNIX_EPOCH);
        }

        assert!(live.sent.lock().unwrap().len() <= MAX_TRACKED_DEVICES);
    }
}
