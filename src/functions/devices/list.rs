//! `devices`: all devices, or one.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::DevicesApp;
use super::telemetry::TelemetryBody;
use crate::access::caller::rights::DeviceReader;
use crate::app::App;
use crate::clock::rfc3339;
use crate::devices::{self, Device, DevicePage};
use crate::http::extract::{Query, empty_as_none, whole_number};
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, InvalidParameter, NotDeviceReader, NotFound};
use crate::ids::target::DeviceId;
use crate::store::page_limit::PageLimit;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceBody {
    #[schema(example = "sensor-7")]
    device_id: String,
    #[schema(example = "2026-01-13T18:30:00.123456Z")]
    last_seen_at: String,
    /// `Connected` or `Disconnected`, as IoT Hub says. `null` if it was not asked or does not
    /// answer; a list asks for none.
    #[schema(example = "Connected")]
    connection_state: Option<String>,
    /// The newest telemetry, of a single device only.
    #[serde(skip_serializing_if = "Option::is_none")]
    last: Option<TelemetryBody>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Devices {
    /// By their ids.
    devices: Vec<DeviceBody>,
    /// For the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DevicesQuery {
    /// One device; the answer is then that device alone.
    #[serde(default, deserialize_with = "empty_as_none")]
    #[param(value_type = Option<String>)]
    device_id: Option<DeviceId>,
    /// 50 by default, at most 200.
    #[serde(default, deserialize_with = "whole_number")]
    limit: Option<u64>,
    /// `nextCursor` of the page before.
    #[serde(default, deserialize_with = "empty_as_none")]
    #[param(value_type = Option<String>)]
    cursor: Option<DeviceId>,
}

/// `GET /api/devices`
#[utoipa::path(
    get, path = "/api/devices", operation_id = "listDevices", tag = "devices",
    summary = "The devices that have reported, or one of them", security(("bearer" = [])),
    params(DevicesQuery),
    responses(
        (status = 200, description = "A page of devices; with `device_id` that device", body = Devices),
        InvalidParameter, NotDeviceReader, NotFound, Failed,
    )
)]
pub async fn list(
    DevicesApp(app): DevicesApp,
    _: DeviceReader,
    Query(query): Query<DevicesQuery>,
) -> Result<Response, Problem> {
    if let Some(device) = query.device_id {
        return Ok(Json(find(&app, &device).await?).into_response());
    }
    let limit = PageLimit::new(query.limit).get();
    let DevicePage { devices, next } =
        devices::list(&*app.store, query.cursor.as_ref(), limit).await?;
    let page = Devices {
        devices: devices
            .into_iter()
            .map(|d| DeviceBody::new(d, None))
            .collect(),
        next_cursor: next.map(String::from),
    };
    Ok(Json(page).into_response())
}

/// The hub may be away: what is stored is shown all the same.
async fn find(app: &App, device: &DeviceId) -> Result<DeviceBody, Problem> {
    let (found, state) = tokio::join!(devices::find(&*app.store, device), async {
        let hub = app.iot_hub.as_ref()?;
        match hub.connection_state(device.as_str()).await {
            Ok(state) => state,
            Err(error) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the hub does not say whether {device} is connected"
                );
                None
            }
        }
    });
    let found = found?.ok_or_else(|| Problem::not_found("this device has never reported"))?;
    Ok(DeviceBody::new(found, state))
}

impl DeviceBody {
    fn new(device: Device, connection_state: Option<String>) -> Self {
        Self {
            device_id: device.device_id.into(),
            last_seen_at: rfc3339(device.last_seen_at),
            connection_state,
            last: device.last.map(TelemetryBody::from),
        }
    }
}
