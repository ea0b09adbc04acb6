//! `devices/commands`: direct methods of a device.

use axum::Json;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::DevicesApp;
use crate::access::caller::rights::Publisher;
use crate::devices::{self, Command};
use crate::http::extract::JsonBody;
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, InvalidBody, NoDeviceAnswer, NotPublisher};
use crate::ids::target::DeviceId;

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = CommandInput)]
pub struct CommandInput {
    #[schema(value_type = String, example = "sensor-7")]
    device_id: DeviceId,
    /// The name of the direct method: 1 to 100 visible ASCII characters.
    #[schema(example = "reboot")]
    method: String,
    /// Any JSON, at most 128 KiB.
    #[schema(value_type = Option<Value>)]
    payload: Option<Box<RawValue>>,
    /// How long the device may take: 5 to 200, 30 by default.
    #[serde(rename = "timeoutSeconds")]
    timeout_seconds: Option<u64>,
}

/// The device's own answer.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CommandAnswer {
    device_id: String,
    method: String,
    /// The device's own status, such as 200.
    status: i64,
    #[schema(value_type = Value)]
    payload: Option<Box<RawValue>>,
}

/// `POST /api/devices/commands`
#[utoipa::path(
    post, path = "/api/devices/commands", operation_id = "sendCommand", tag = "devices",
    summary = "Call a direct method of a device", security(("bearer" = [])),
    request_body = CommandInput,
    responses(
        (status = 200, description = "The device's answer, whatever its status", body = CommandAnswer),
        InvalidBody, NotPublisher, NoDeviceAnswer, Failed,
    )
)]
pub async fn create(
    DevicesApp(app): DevicesApp,
    _: Publisher,
    JsonBody(input): JsonBody<CommandInput>,
) -> Result<Json<CommandAnswer>, Problem> {
    let CommandInput {
        device_id,
        method,
        payload,
        timeout_seconds,
    } = input;
    let command = Command::new(device_id, method, payload, timeout_seconds)?;
    let answer = devices::run(app.iot_hub.as_ref(), &command).await?;
    Ok(Json(CommandAnswer {
        device_id: command.device.into(),
        method: command.method,
        status: answer.status,
        payload: answer.payload,
    }))
}
