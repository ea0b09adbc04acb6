//! Several records, in the order of their keys.

use std::ops::Range;

use reqwest::Method;
use serde::Deserialize;
use serde_json::json;

use super::call::Call;
use super::resource::Resource;
use super::schema::Found;
use crate::store::Key;

/// Strings compare by code point, and keys are ASCII: that is the order of their bytes.
const QUERY: &str = "SELECT c.id, c._etag, c.body FROM c \
     WHERE c.pk = @pk AND c.id >= @start AND c.id < @end ORDER BY c.id";

/// More than these no answer holds.
const MAX_PAGE: usize = 1000;

/// Where a range goes on that did not fit one answer.
pub(super) const CONTINUATION: &str = "x-ms-continuation";

/// At most `limit` of the records, and maybe fewer than there are.
pub(super) fn page(container: &Resource, pk: &str, keys: &Range<Key>, limit: usize) -> Call {
    let query = json!({
        "query": QUERY,
        "parameters": [
            { "name": "@pk", "value": pk },
            { "name": "@start", "value": keys.start.as_str() },
            { "name": "@end", "value": keys.end.as_str() },
        ],
    });
    Call::new(Method::POST, container.documents())
        .in_partition(pk)
        .header("x-ms-documentdb-isquery", "True")
        .header("x-ms-documentdb-query-enablecrosspartition", "False")
        .header("x-ms-max-item-count", &limit.min(MAX_PAGE).to_string())
        .body("application/query+json", query.to_string())
}

/// What a page holds.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    #[serde(rename = "Documents")]
    pub(super) documents: Vec<Found>,
}
