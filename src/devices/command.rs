//! Commands: direct methods of a device, through the hub.

use std::time::Duration;

use serde_json::value::RawValue;

use crate::azure::iot_hub::{IotHub, MethodAnswer, MethodCall, MethodError};
use crate::ids::target::DeviceId;

/// The platform's front end answers a caller itself after 230 seconds.
const TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 5..=200;
const DEFAULT_TIMEOUT_SECONDS: u64 = 30;
const MAX_METHOD: usize = 100;
/// IoT Hub's own limit.
const MAX_PAYLOAD: usize = 128 * 1024;
/// What IoT Hub does not take in a name.
const FORBIDDEN: &[u8] = b"$()<>@,;:\\\"/[]?={}";

/// A valid command for one device.
#[derive(Debug)]
pub struct Command {
    pub device: DeviceId,
    pub method: String,
    payload: Option<Box<RawValue>>,
    timeout: Duration,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidCommand {
    #[error(
        "`method` has 1 to 100 visible ASCII characters, without any of $()<>@,;:\\\"/[]?={{}}"
    )]
    Method,
    #[error("`payload` has at most 128 KiB")]
    Payload,
    #[error("`timeoutSeconds` is a whole number from 5 to 200")]
    Timeout,
}

/// Why a command has no answer.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error("IoT Hub is not configured")]
    NotConfigured,
    #[error(transparent)]
    Method(#[from] MethodError),
}

impl Command {
    pub fn new(
        device: DeviceId,
        method: String,
        payload: Option<Box<RawValue>>,
        timeout_seconds: Option<u64>,
    ) -> Result<Self, InvalidCommand> {
        let legal = |b: u8| b.is_ascii_graphic() && !FORBIDDEN.contains(&b);
        if !(1..=MAX_METHOD).contains(&method.len()) || !method.bytes().all(legal) {
            return Err(InvalidCommand::Method);
        }
        if payload
            .as_ref()
            .is_some_and(|p| p.get().len() > MAX_PAYLOAD)
        {
            return Err(InvalidCommand::Payload);
        }
        let seconds = timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        if !TIMEOUT_SECONDS.contains(&seconds) {
            return Err(InvalidCommand::Timeout);
        }
        Ok(Self {
            device,
            method,
            payload,
            timeout: Duration::from_secs(seconds),
        })
    }
}

/// Sends the command and waits for the device's answer.
pub async fn run(hub: Option<&IotHub>, command: &Command) -> Result<MethodAnswer, CommandError> {
    let hub = hub.ok_or(CommandError::NotConfigured)?;
    let call = MethodCall {
        method: &command.method,
        payload: command.payload.as_deref(),
        timeout: command.timeout,
    };
    Ok(hub.invoke(command.device.as_str(), &call).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(method: &str, payload: usize, timeout: Option<u64>) -> Option<InvalidCommand> {
        let payload = RawValue::from_string(format!("\"{}\"", "x".repeat(payload))).unwrap();
        let device = "d".parse().unwrap();
        Command::new(device, method.to_owned(), Some(payload), timeout).err()
    }

    #[test]
    fn a_command_is_checked_before_it_is_sent() {
        assert_eq!(command("reboot-Now_1.0", 1, None), None);
        assert_eq!(command("m", MAX_PAYLOAD - 2, Some(5)), None);
        assert_eq!(command(&"m".repeat(100), 1, Some(200)), None);
        for method in ["", "a b", "a/b", "é", "a\n", "$x", &"m".repeat(101)] {
            assert_eq!(
                command(method, 1, None),
                Some(InvalidCommand::Method),
                "{method}"
            );
        }
        assert_eq!(
            command("m", MAX_PAYLOAD, None),
            Some(InvalidCommand::Payload)
        );
        for seconds in [0, 4, 201, u64::MAX] {
            assert_eq!(
                command("m", 1, Some(seconds)),
                Some(InvalidCommand::Timeout)
            );
        }
    }
}
