//! Simulated devices: thermometers with a heater, which take a few methods.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::{Value, json};

/// Registered, and never connected.
pub(super) const OFFLINE: &str = "sim-offline";

const DEFAULT_TARGET: f64 = 21.0;
/// The heater is switched this far below and above the target.
const TOLERANCE: f64 = 0.5;
/// Degrees that the heater adds in a second.
const HEATING: f64 = 0.35;
/// The temperature outside, in degrees, and which part of the difference is lost in a second.
const OUTSIDE: f64 = 4.0;
const LOSS: f64 = 0.008;
/// The hub waits no longer for any device.
const MAX_DELAY_SECONDS: u64 = 300;

/// All devices of the hub.
#[derive(Debug)]
pub(super) struct Devices {
    connected: BTreeMap<u16, Mutex<Device>>,
    started: i64,
}

#[derive(Debug)]
struct Device {
    temperature: f64,
    target: f64,
    is_heating: bool,
}

impl Device {
    fn live_one_second(&mut self) {
        if self.temperature <= self.target - TOLERANCE {
            self.is_heating = true;
        } else if self.temperature >= self.target + TOLERANCE {
            self.is_heating = false;
        }
        self.temperature -= (self.temperature - OUTSIDE) * LOSS;
        if self.is_heating {
            self.temperature += HEATING;
        }
    }
}

/// What the hub knows of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Connection {
    Connected,
    Disconnected,
}

/// A device's answer to a method, and how long it takes.
#[derive(Debug, PartialEq)]
pub(super) struct MethodResult {
    pub(super) after: Duration,
    pub(super) status: i64,
    pub(super) payload: Value,
}

impl Devices {
    /// `started` is in seconds since 1970.
    pub(super) fn new(count: u16, started: i64) -> Self {
        let device = |number: u16| Device {
            temperature: 15.0 + f64::from(number % 5),
            target: DEFAULT_TARGET,
            is_heating: true,
        };
        let connected = (1..=count).map(|number| (number, Mutex::new(device(number))));
        Self {
            connected: connected.collect(),
            started,
        }
    }

    pub(super) fn names(&self) -> String {
        match self.connected.len() {
            1 => "sim-1".to_owned(),
            count => format!("sim-1 to sim-{count}"),
        }
    }

    /// `None` for a device that does not exist.
    pub(super) fn connection(&self, id: &str) -> Option<Connection> {
        if id == OFFLINE {
            return Some(Connection::Disconnected);
        }
        self.device(id).map(|_| Connection::Connected)
    }

    fn device(&self, id: &str) -> Option<&Mutex<Device>> {
        let number = id.strip_prefix("sim-")?;
        let device = self.connected.get(&number.parse().ok()?);
        device.filter(|_| !number.starts_with(['0', '+']))
    }

    /// One second of every device: its id and what it reports.
    pub(super) fn reports(&self, now: i64) -> Vec<(String, Value)> {
        let report = |(number, device): (&u16, &Mutex<Device>)| {
            let mut device = device.lock().unwrap_or_else(PoisonError::into_inner);
            device.live_one_second();
            let body = json!({
                "temperature": (device.temperature * 100.0).round() / 100.0,
                "target": device.target,
                "heating": device.is_heating,
                "uptimeSeconds": now - self.started,
            });
            (format!("sim-{number}"), body)
        };
        self.connected.iter().map(report).collect()
    }

    /// `None` for a device that is not connected.
    pub(super) fn call(&self, id: &str, method: &str, payload: Value) -> Option<MethodResult> {
        let device = self.device(id)?;
        let at_once = |status, payload| MethodResult {
            after: Duration::ZERO,
            status,
            payload,
        };
        Some(match method {
            "echo" => at_once(200, payload),
            "setTarget" => match payload["temperature"].as_f64() {
                Some(target) if (5.0..=30.0).contains(&target) => {
                    let mut device = device.lock().unwrap_or_else(PoisonError::into_inner);
                    device.target = target;
                    at_once(200, json!({ "target": target }))
                }
                _ => at_once(
                    400,
                    json!({ "error": "temperature is a number from 5 to 30" }),
                ),
            },
            "slow" => {
                let seconds = payload["seconds"].as_u64().unwrap_or(10);
                MethodResult {
                    after: Duration::from_secs(seconds.min(MAX_DELAY_SECONDS)),
                    status: 200,
                    payload: json!({ "slept": seconds }),
                }
            }
            _ => at_once(501, json!({ "error": format!("unknown method {method}") })),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_known_by_its_exact_id() {
        let devices = Devices::new(2, 0);

        assert_eq!(devices.connection("sim-2"), Some(Connection::Connected));
        assert_eq!(devices.connection(OFFLINE), Some(Connection::Disconnected));
        for id in ["sim-0", "sim-3", "sim-01", "sim-+1", "sim-", "", "SIM-1"] {
            assert_eq!(devices.connection(id), None, "{id}");
        }
    }

    #[test]
    fn a_report_follows_the_target() {
        let devices = Devices::new(1, 100);
        let cold = devices.reports(101);
        devices.call("sim-1", "setTarget", json!({ "temperature": 30 }));
        for second in 102..300 {
            devices.reports(second);
        }

        let warm = devices.reports(300);

        assert_eq!(cold[0].0, "sim-1");
        assert_eq!(cold[0].1["uptimeSeconds"], 1);
        assert!(
            warm[0].1["temperature"].as_f64().unwrap() > 29.0,
            "{warm:?}"
        );
    }

    #[test]
    fn bad_and_unknown_methods_have_a_status_of_their_own() {
        let devices = Devices::new(1, 0);
        let status = |method, payload| devices.call("sim-1", method, payload).unwrap().status;

        assert_eq!(status("setTarget", json!({ "temperature": "hot" })), 400);
        assert_eq!(status("setTarget", Value::Null), 400);
        assert_eq!(status("explode", Value::Null), 501);
        assert_eq!(devices.call(OFFLINE, "echo", Value::Null), None);
    }
}
