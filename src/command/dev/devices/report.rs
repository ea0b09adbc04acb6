//! Telemetry of all devices, every second, through the event feed of the stand-in host.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval};

use super::device::Devices;
use crate::azure::http_client::SharedHttpClient;
use crate::clock::Clock;

const INTERVAL: Duration = Duration::from_secs(1);

/// Never completes.
pub(super) async fn report(devices: &Devices, host: SocketAddr, events_name: &str, clock: &Clock) {
    let http = SharedHttpClient::new();
    let url = format!("http://{host}/admin/feed/{events_name}");
    // Numbers go on rising when `dev` starts again on the same store.
    let mut sequence = clock.now().as_millisecond();
    let mut ticks = interval(INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let mut was_heard = true;
    loop {
        ticks.tick().await;
        let batch = batch(devices, clock, &mut sequence);
        let is_heard = match http.client() {
            Ok(http) => {
                let sent = http.post(&url).json(&batch).send().await;
                sent.is_ok_and(|answer| answer.status().is_success())
            }
            Err(_) => false,
        };
        if was_heard && !is_heard {
            tracing::warn!("the host does not take the telemetry of the simulated devices");
        }
        was_heard = is_heard;
    }
}

fn batch(devices: &Devices, clock: &Clock, sequence: &mut i64) -> Value {
    let now = clock.now();
    let event = |(device, body): (String, Value)| {
        *sequence += 1;
        json!({
            "body": body,
            "partitionKey": device,
            "sequenceNumber": *sequence,
            "enqueuedTimeUtc": format!("{now:.3}"),
            "properties": { "unit": "C" },
            "systemProperties": {
                "iothub-connection-device-id": device,
                "iothub-message-source": "Telemetry",
                "iothub-enqueuedtime": format!("{now:.3}"),
            },
        })
    };
    let reports = devices.reports(now.as_second()).into_iter();
    json!({
        "namespace": "simulated.servicebus.local",
        "partition": "0",
        "events": reports.map(event).collect::<Vec<_>>(),
    })
}
