//! The hub's errors: a status, and a body with a code as text in JSON.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Errors as IoT Hub numbers them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HubError {
    InvalidArgument,
    Unauthorized,
    DeviceNotFound,
    DeviceNotOnline,
    NoSuchPath,
    GatewayTimeout,
}

impl HubError {
    fn parts(self) -> (StatusCode, u32, &'static str) {
        match self {
            Self::InvalidArgument => (StatusCode::BAD_REQUEST, 400_004, "an argument is invalid"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, 401_003, "the token is not valid"),
            Self::DeviceNotFound => (StatusCode::NOT_FOUND, 404_001, "no such device"),
            Self::DeviceNotOnline => (StatusCode::NOT_FOUND, 404_103, "the device is not online"),
            Self::NoSuchPath => (StatusCode::NOT_FOUND, 404_000, "no such path"),
            Self::GatewayTimeout => (
                StatusCode::GATEWAY_TIMEOUT,
                504_101,
                "the device did not answer in time",
            ),
        }
    }
}

impl IntoResponse for HubError {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        let details = json!({ "errorCode": code, "message": message });
        let body = json!({ "Message": details.to_string(), "ExceptionMessage": "" });
        (status, Json(body)).into_response()
    }
}
