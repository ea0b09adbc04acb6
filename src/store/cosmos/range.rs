//! Queries for the records of a key range.

use std::ops::Range;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method};
use serde::Deserialize;
use serde_json::json;

use super::call::in_partition;
use super::resource::Resource;
use super::schema::Document;
use crate::azure::rest::{Call, Retry};
use crate::store::types::Key;

/// Strings compare by code point. Keys are ASCII, so this is the order of their bytes.
const QUERY: &str = "SELECT c.id, c._etag, c.body FROM c \
     WHERE c.pk = @pk AND c.id >= @start AND c.id < @end ORDER BY c.id";

/// The most documents in one answer.
const MAX_PAGE: usize = 1000;

/// Where the next page begins, if the range does not fit into one answer.
pub(super) const CONTINUATION: &str = "x-ms-continuation";

/// Asks for at most `limit` records. The answer may hold fewer than exist.
pub(super) fn page(container: &Resource, pk: &str, keys: &Range<Key>, limit: usize) -> Call {
    let query = json!({
        "query": QUERY,
        "parameters": [
            { "name": "@pk", "value": pk },
            { "name": "@start", "value": keys.start.as_str() },
            { "name": "@end", "value": keys.end.as_str() },
        ],
    });
    let query_json = HeaderValue::from_static("application/query+json");
    in_partition(Method::POST, &container.documents(), pk, Retry::Idempotent)
        .text_header("x-ms-documentdb-isquery", "True")
        .text_header("x-ms-documentdb-query-enablecrosspartition", "False")
        .text_header("x-ms-max-item-count", &limit.min(MAX_PAGE).to_string())
        .header(CONTENT_TYPE, query_json)
        .body(query.to_string())
}

/// One page of results.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(rename = "Documents")]
    pub(super) documents: Vec<Document>,
}
