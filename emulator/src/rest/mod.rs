//! The data-plane REST API, api-version 2024-12-01.

mod auth;
mod bulk;
mod call;
mod connections;
mod error;
mod groups;
mod listing;
mod operation;
mod permissions;
mod send;
mod tokens;

use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use http::header::HeaderValue;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::{Body as _, Incoming};

use crate::app::App;
use crate::config;
use crate::query::Query;
use crate::response::Response;
use call::{Call, NEWEST_VERSION, ok};
use error::RestError;
use operation::Operation;

const MAX_BODY: usize = 1024 * 1024;
const SUPPORTED_VERSIONS: &str = "2021-10-01, 2022-11-01, 2023-07-01, 2024-01-01, 2024-12-01";
const OLDEST_VERSION: &str = "2021-10-01";

/// Anything below `/api/`
pub(crate) async fn handle(app: &Arc<App>, request: Request<Incoming>) -> Response {
    let response = respond(app, request).await;
    with_versions(response.unwrap_or_else(RestError::into_response))
}

/// `HEAD` or `GET /api/health`
pub(crate) fn health() -> Response {
    with_versions(ok())
}

fn with_versions(mut response: Response) -> Response {
    let versions = HeaderValue::from_static(SUPPORTED_VERSIONS);
    response
        .headers_mut()
        .insert("api-supported-versions", versions);
    response
}

async fn respond(app: &Arc<App>, request: Request<Incoming>) -> Result<Response, RestError> {
    let (head, body) = request.into_parts();
    let (hub, operation) =
        operation::parse(&head.method, head.uri.path()).ok_or(RestError::NoSuchRoute)?;
    let endpoint = auth::check(app, &head)?;
    let operation = operation?;
    if !config::is_hub_name(&hub) {
        return Err(RestError::invalid("hub", "Invalid hub name."));
    }
    let query = Query::parse(head.uri.query().unwrap_or_default());
    check_version(&query)?;
    let hub = app.hub(&hub.to_ascii_lowercase());
    let call = Call {
        app,
        hub,
        query,
        head,
        endpoint,
    };
    if matches!(operation, Operation::Send(_)) && body.size_hint().exact().is_none() {
        return Err(RestError::bad_request("A Content-Length is required."));
    }
    let body = Limited::new(body, MAX_BODY)
        .collect()
        .await
        .map_err(|_| RestError::bad_request("The request body is too long or was cut off."))?
        .to_bytes();
    call.perform(&operation, body)
}

/// Versions are dates, so they compare as text.
fn check_version(query: &Query) -> Result<(), RestError> {
    match query.get("api-version") {
        Some(version) if !(OLDEST_VERSION..=NEWEST_VERSION).contains(&version) => Err(
            RestError::invalid("api-version", "The api-version is not supported."),
        ),
        Some(_) | None => Ok(()),
    }
}

impl Call<'_> {
    fn perform(&self, operation: &Operation, body: Bytes) -> Result<Response, RestError> {
        match operation {
            Operation::GenerateToken => self.generate_token(),
            Operation::Send(target) => self.send(target.audience(), body),
            Operation::Close(target) => self.close(target.audience()),
            Operation::Exists(target) => self.exists(target.audience()),
            Operation::ListGroup { group } => self.list_group(group),
            Operation::AddToGroup { group, member } => self.add_to_group(group, member),
            Operation::RemoveFromGroup { group, member } => self.remove_from_group(group, member),
            Operation::RemoveFromAllGroups { member } => self.remove_from_all_groups(member),
            Operation::AddToGroups => self.add_to_groups(&body),
            Operation::RemoveFromGroups => self.remove_from_groups(&body),
            Operation::GrantPermission {
                permission,
                connection,
            } => self.grant(*permission, connection),
            Operation::RevokePermission {
                permission,
                connection,
            } => self.revoke(*permission, connection),
            Operation::CheckPermission {
                permission,
                connection,
            } => self.check(*permission, connection),
        }
    }
}
