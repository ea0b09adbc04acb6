//! A received call.

use axum::body::Bytes;
use axum::http::{HeaderMap, Method};
use serde::de::DeserializeOwned;

use super::reply::Reply;

#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    /// The segments of the path, unescaped.
    pub(super) path: Vec<String>,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Clients send both `True` and `true`.
    pub(super) fn says(&self, name: &str) -> bool {
        self.header(name)
            .is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, Reply> {
        serde_json::from_slice(&self.body)
            .map_err(|_| Reply::error(400, "The request payload is invalid."))
    }

    pub(super) fn is_about_documents(&self) -> bool {
        self.path.get(4).is_some_and(|kind| kind == "docs")
    }

    /// The partition that the call is about. The header is required even if the body contains it.
    pub(super) fn partition(&self) -> Result<String, Reply> {
        let header = self.header("x-ms-documentdb-partitionkey");
        let names = header.and_then(|text| serde_json::from_str::<Vec<String>>(text).ok());
        match names.as_deref() {
            Some([name]) => Ok(name.clone()),
            _ => Err(Reply::error(
                400,
                "The partition key supplied in x-ms-partitionkey header has fewer components \
                 than defined in the collection.",
            )),
        }
    }

    /// The last write that the answer must include.
    pub(super) fn session(&self) -> u64 {
        let tokens = self.header("x-ms-session-token").unwrap_or_default();
        let number = |token: &str| token.split('#').nth(1)?.parse().ok();
        tokens.split(',').filter_map(number).max().unwrap_or(0)
    }
}
