//! Reads bodies within bounds, and so that one that is malformed becomes a problem document like
//! any other.

use std::str::FromStr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::http::problem::Problem;
use crate::ids::target::InvalidId;

/// A caller that sends slower than this is not sending.
const SLOWEST_BODY: Duration = Duration::from_secs(30);

/// Room for a thousand members.
const MAX_JSON: usize = 1024 * 1024;

/// A JSON body.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let body = read_body(request.into_body(), MAX_JSON).await?;
        read_json(&body).map(Self)
    }
}

/// A whole body of at most so many bytes.
pub(crate) async fn read_body(body: Body, largest: usize) -> Result<Bytes, Problem> {
    match timeout(SLOWEST_BODY, to_bytes(body, largest)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Problem::too_large(format!(
            "the body is broken, or larger than {} KiB",
            largest / 1024
        ))),
        Err(_) => Err(Problem::invalid_parameter(
            "the body did not arrive in time",
        )),
    }
}

/// JSON whose content type is not looked at: the Functions host drops it from some calls.
pub(crate) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body).map_err(|error| {
        Problem::invalid_parameter(format!("the body is not what this call takes: {error}"))
    })
}

/// The id in a path. Anything that can be no such id is nowhere.
#[derive(Debug)]
pub struct PathId<T>(pub T);

impl<S, T> FromRequestParts<S> for PathId<T>
where
    S: Send + Sync,
    T: FromStr<Err = InvalidId>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let segment = Path::<String>::from_request_parts(parts, state).await;
        let Path(segment) =
            segment.map_err(|_| Problem::not_found("an id in a path is plain text"))?;
        let id = segment.parse();
        id.map(Self)
            .map_err(|error: InvalidId| Problem::not_found(format!("the id in the path {error}")))
    }
}

/// A whole number in a query.
pub(crate) fn query_number(query: Option<&str>, wanted: &str) -> Result<Option<u64>, Problem> {
    let Some(text) = query_parameter(query, wanted) else {
        return Ok(None);
    };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| digits);
    number.map(Some).ok_or_else(|| {
        Problem::invalid_parameter(format!("`{wanted}` must be a whole number from 0"))
    })
}

/// A parameter of a query, where one counts.
pub(crate) fn query_parameter(query: Option<&str>, wanted: &str) -> Option<String> {
    let mut parameters = url::form_urlencoded::parse(query?.as_bytes());
    let found = parameters.find(|(name, _)| name == wanted);
    found.map(|(_, value)| value.into_owned())
}
