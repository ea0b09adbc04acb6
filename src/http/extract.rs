//! Extractors that answer a malformed request with a problem document, like any other failure.

use std::collections::HashSet;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use bytes::Bytes;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};
use tokio::time::timeout;
use url::form_urlencoded;

use crate::http::problem::Problem;
use crate::ids::target::InvalidId;

/// A slower body is given up.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Enough for a room with a thousand members.
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

/// Reads a whole body of at most `max` bytes.
pub(crate) async fn read_body(body: Body, max: usize) -> Result<Bytes, Problem> {
    match timeout(TIMEOUT, to_bytes(body, max)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(_)) => Err(Problem::too_large(format!(
            "the body is incomplete, or larger than {} KiB",
            max / 1024
        ))),
        Err(_) => Err(Problem::invalid_parameter(
            "the body did not arrive in time",
        )),
    }
}

/// Reads JSON whatever its content type: the Functions host drops that header from some calls.
pub(crate) fn read_json<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(body)
        .map_err(|error| Problem::invalid_parameter(format!("invalid body: {error}")))
}

/// The id in a path. An invalid id is answered with 404.
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
            segment.map_err(|_| Problem::not_found("the id in the path must be text"))?;
        let id = segment.parse();
        id.map(Self)
            .map_err(|error: InvalidId| Problem::not_found(format!("the id in the path {error}")))
    }
}

/// The parameters of a query, read into the struct that also describes them in the OpenAPI
/// document. Unknown parameters are ignored, and the first value of a repeated one counts.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<S: Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        read_query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}

fn read_query<T: DeserializeOwned>(query: &str) -> Result<T, Problem> {
    let mut seen = HashSet::new();
    let first =
        form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| seen.insert(name.clone()));
    // serde takes a field only once, so the repeated ones are left out before it reads.
    let first = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(first)
        .finish();
    let deserializer =
        serde_urlencoded::Deserializer::new(form_urlencoded::parse(first.as_bytes()));
    serde_path_to_error::deserialize(deserializer).map_err(|error| {
        let parameter = error.path().to_string();
        let cause = error.into_inner();
        Problem::invalid_parameter(match parameter.as_str() {
            // A missing parameter has no path; serde names it in its message.
            "." => cause.to_string(),
            _ => format!("`{parameter}`: {cause}"),
        })
    })
}

/// For `#[serde(default, deserialize_with)]`: a whole number, without a sign.
pub(crate) fn whole_number<'de, D: Deserializer<'de>>(text: D) -> Result<Option<u64>, D::Error> {
    let text = String::deserialize(text)?;
    let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
    let number = text.parse().ok().filter(|_| is_digits);
    number
        .map(Some)
        .ok_or_else(|| D::Error::custom("must be a whole number from 0"))
}

/// For `#[serde(default, deserialize_with)]`: `true` or `false`, also as `1` and `0`.
pub(crate) fn flag<'de, D: Deserializer<'de>>(text: D) -> Result<bool, D::Error> {
    match String::deserialize(text)?.as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(D::Error::custom("must be `true` or `false`")),
    }
}

/// For `#[serde(default, deserialize_with)]`: a parameter whose empty text means that it is
/// absent.
pub(crate) fn empty_as_none<'de, D, T>(text: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: Display>,
{
    let text = String::deserialize(text)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Example {
        name: String,
        #[serde(default, deserialize_with = "whole_number")]
        limit: Option<u64>,
        #[serde(default, deserialize_with = "empty_as_none")]
        cursor: Option<u8>,
    }

    async fn detail(query: &str) -> String {
        let response = read_query::<Example>(query).unwrap_err().into_response();
        let body = read_body(response.into_body(), 1024).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(problem["code"], "invalid_parameter", "{query}");
        problem["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn the_first_value_of_a_repeated_parameter_counts() {
        let read: Example = read_query("x=1&name=a%26b&limit=7&name=c&limit=x&x=2").unwrap();

        assert_eq!(
            read,
            Example {
                name: "a&b".to_owned(),
                limit: Some(7),
                cursor: None
            }
        );
    }

    #[test]
    fn empty_text_may_stand_for_an_absent_parameter() {
        let read = |query| read_query::<Example>(query).unwrap();

        assert_eq!(read("name=&cursor=").cursor, None);
        assert_eq!(read("name=&cursor=8").cursor, Some(8));
    }

    #[tokio::test]
    async fn a_malformed_query_is_refused_by_the_name_of_the_parameter() {
        for query in [
            "limit=",
            "limit=-1",
            "limit=%2B1",
            "limit=1.5",
            "limit=99999999999999999999",
        ] {
            let detail = detail(&format!("name=a&{query}")).await;
            assert_eq!(detail, "`limit`: must be a whole number from 0", "{query}");
        }
        assert!(detail("name=a&cursor=x").await.starts_with("`cursor`: "));
        assert!(detail("").await.contains("`name`"));
    }
}
