//! The double's answers.

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

#[derive(Debug)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Option<Value>,
}

impl Reply {
    pub(super) fn new(status: u16, body: impl Into<Option<Value>>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(super) fn error(status: u16, message: &str) -> Self {
        let code = match status {
            400 => "BadRequest",
            401 => "Unauthorized",
            403 => "Forbidden",
            404 => "NotFound",
            409 => "Conflict",
            412 => "PreconditionFailed",
            413 => "RequestEntityTooLarge",
            429 => "429",
            449 => "449",
            _ => "InternalServerError",
        };
        Self::new(status, json!({ "code": code, "message": message }))
    }

    pub(super) fn not_found() -> Self {
        let message = "Entity with the specified id does not exist in the system.";
        Self::error(404, message)
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }

    pub(super) fn sub_status(self, sub_status: u32) -> Self {
        self.with("x-ms-substatus", sub_status)
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let body = self.body.map(|body| serde_json::to_vec(&body).unwrap());
        let body = body.unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap();
        let headers = response.headers_mut();
        let always = [
            ("content-type", "application/json".to_owned()),
            ("x-ms-request-charge", "1".to_owned()),
            ("x-ms-activity-id", "0".to_owned()),
        ];
        for (name, value) in always.into_iter().chain(self.headers) {
            let name = HeaderName::from_static(name);
            headers.insert(name, HeaderValue::from_str(&value).unwrap());
        }
        response
    }
}
