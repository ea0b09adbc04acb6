//! `devices/telemetry`: the history of a device.

use axum::Json;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::DevicesApp;
use crate::access::caller::rights::DeviceReader;
use crate::clock::rfc3339;
use crate::devices::{self, Body, StoredMessage};
use crate::http::extract::{Query, empty_as_none, whole_number};
use crate::http::problem::Problem;
use crate::http::problem::responses::{Failed, InvalidParameter, NotDeviceReader, NotFound};
use crate::ids::target::DeviceId;
use crate::store::page_limit::PageLimit;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TelemetryBody {
    #[schema(example = "2026-01-13T18:30:00.123456Z")]
    enqueued_at: String,
    /// The message's number in its partition of the hub's event stream.
    sequence: i64,
    /// The properties that the device set.
    #[schema(value_type = Object)]
    properties: Map<String, Value>,
    /// JSON as the device sent it, or `{"base64":"…"}`.
    #[schema(value_type = Value)]
    body: Body,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Telemetry {
    /// Newest first.
    telemetry: Vec<TelemetryBody>,
    /// For the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TelemetryQuery {
    #[param(value_type = String, example = "sensor-7")]
    device_id: DeviceId,
    /// Only messages that came after this time (RFC 3339).
    #[serde(default, deserialize_with = "empty_as_none")]
    #[param(value_type = Option<String>, example = "2026-01-13T18:30:00Z")]
    since: Option<Timestamp>,
    /// 50 by default, at most 200.
    #[serde(default, deserialize_with = "whole_number")]
    limit: Option<u64>,
    /// `nextCursor` of the page before.
    #[serde(default, deserialize_with = "empty_as_none")]
    cursor: Option<u64>,
}

/// `GET /api/devices/telemetry`
#[utoipa::path(
    get, path = "/api/devices/telemetry", operation_id = "listTelemetry", tag = "devices",
    summary = "What a device has reported, newest first", security(("bearer" = [])),
    params(TelemetryQuery),
    responses(
        (status = 200, description = "A page of telemetry", body = Telemetry),
        InvalidParameter, NotDeviceReader, NotFound, Failed,
    )
)]
pub async fn list(
    DevicesApp(app): DevicesApp,
    _: DeviceReader,
    Query(query): Query<TelemetryQuery>,
) -> Result<Json<Telemetry>, Problem> {
    let limit = PageLimit::new(query.limit).get();
    let (device, before) = (&query.device_id, query.cursor);
    let page = devices::history(&*app.store, device, query.since, before, limit).await?;
    let page = page.ok_or_else(|| Problem::not_found("this device has never reported"))?;
    Ok(Json(Telemetry {
        telemetry: page.messages.into_iter().map(TelemetryBody::from).collect(),
        next_cursor: page.next.map(|number| number.to_string()),
    }))
}

impl From<StoredMessage> for TelemetryBody {
    fn from(message: StoredMessage) -> Self {
        Self {
            enqueued_at: rfc3339(message.enqueued_at),
            sequence: message.sequence,
            properties: message.properties,
            body: message.body,
        }
    }
}
