//! The hub's endpoint, as far as services use it for devices: twins, identities and direct methods.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::Method;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::sleep;

use super::device::{Connection, Devices};
use super::errors::HubError;
use super::signature::Policy;

const MAX_BODY: usize = 256 * 1024;
const TIMEOUT_SECONDS: std::ops::RangeInclusive<u64> = 5..=300;
const DEFAULT_TIMEOUT_SECONDS: u64 = 30;

#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) policy: Policy,
    pub(super) devices: Arc<Devices>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MethodBody {
    method_name: String,
    response_timeout_in_seconds: Option<u64>,
    #[serde(default)]
    payload: Value,
}

impl Endpoint {
    /// Never completes, unless the listener fails.
    pub(super) async fn serve(self, listener: TcpListener) {
        let router = Router::new().fallback(answer).with_state(self);
        if let Err(error) = axum::serve(listener, router).await {
            tracing::error!("the simulated hub stopped: {error}");
        }
    }

    fn twin(&self, device: &str) -> Result<Json<Value>, HubError> {
        let connection = self.devices.connection(device);
        let state = match connection.ok_or(HubError::DeviceNotFound)? {
            Connection::Connected => "Connected",
            Connection::Disconnected => "Disconnected",
        };
        Ok(Json(json!({
            "deviceId": device,
            "status": "enabled",
            "connectionState": state,
        })))
    }

    async fn call(&self, device: &str, body: &[u8]) -> Result<Json<Value>, HubError> {
        let body: MethodBody =
            serde_json::from_slice(body).map_err(|_| HubError::InvalidArgument)?;
        let timeout = body.response_timeout_in_seconds;
        let timeout = timeout.unwrap_or(DEFAULT_TIMEOUT_SECONDS);
        if !TIMEOUT_SECONDS.contains(&timeout) || body.method_name.is_empty() {
            return Err(HubError::InvalidArgument);
        }
        match self.devices.connection(device) {
            None => return Err(HubError::DeviceNotFound),
            Some(Connection::Disconnected) => return Err(HubError::DeviceNotOnline),
            Some(Connection::Connected) => {}
        }
        let result = self.devices.call(device, &body.method_name, body.payload);
        let result = result.ok_or(HubError::DeviceNotOnline)?;
        let timeout = Duration::from_secs(timeout);
        sleep(result.after.min(timeout)).await;
        if result.after > timeout {
            return Err(HubError::GatewayTimeout);
        }
        Ok(Json(
            json!({ "status": result.status, "payload": result.payload }),
        ))
    }
}

async fn answer(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let authorization = head.headers.get(AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok());
    if !endpoint.policy.admits(authorization.unwrap_or_default()) {
        return HubError::Unauthorized.into_response();
    }
    let query = head.uri.query().unwrap_or_default();
    let has_version = query.split('&').any(|p| p.starts_with("api-version=2"));
    let Ok(body) = to_bytes(body, MAX_BODY).await else {
        return HubError::InvalidArgument.into_response();
    };
    if !has_version {
        return HubError::InvalidArgument.into_response();
    }
    match route(&endpoint, &head.method, head.uri.path(), &body).await {
        Ok(json) => json.into_response(),
        Err(error) => error.into_response(),
    }
}

async fn route(
    endpoint: &Endpoint,
    method: &Method,
    path: &str,
    body: &Bytes,
) -> Result<Json<Value>, HubError> {
    let segments: Vec<_> = path.trim_matches('/').split('/').collect();
    let id = |segment: &str| {
        let decoded = percent_decode_str(segment).decode_utf8();
        decoded
            .map(|id| id.into_owned())
            .map_err(|_| HubError::InvalidArgument)
    };
    match (method, &segments[..]) {
        (&Method::GET, ["twins" | "devices", device]) => endpoint.twin(&id(device)?),
        (&Method::POST, ["twins", device, "methods"]) => endpoint.call(&id(device)?, body).await,
        _ => Err(HubError::NoSuchPath),
    }
}
