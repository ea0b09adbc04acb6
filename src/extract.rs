//! Reads requests so that one that is malformed becomes a problem document like any other.

use axum::body::to_bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

const LARGEST_BODY: usize = 256 * 1024;

/// A JSON body. Its content type is not looked at: the Functions host drops it from some calls.
#[derive(Debug)]
pub struct JsonBody<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let body = to_bytes(request.into_body(), LARGEST_BODY).await;
        let body = body.map_err(|_| Problem::too_large("at most 256 KiB"))?;
        match serde_json::from_slice(&body) {
            Ok(value) => Ok(Self(value)),
            Err(error) => Err(Problem::invalid_parameter(format!(
                "the body is not what this call takes: {error}"
            ))),
        }
    }
}
