//! The headers that calls of Cosmos DB have in common.

use http::header::{ACCEPT, HeaderName};
use http::{HeaderValue, Method};

use super::resource::Resource;
use crate::azure::rest::{Call, Retry};

const PARTITION_KEY: &str = "x-ms-documentdb-partitionkey";

pub(super) fn new(method: Method, resource: &Resource, retry: Retry) -> Call {
    let json = HeaderValue::from_static("application/json");
    Call::new(method, resource.path(), retry).header(ACCEPT, json)
}

/// A call about one partition.
pub(super) fn in_partition(method: Method, resource: &Resource, pk: &str, retry: Retry) -> Call {
    new(method, resource, retry).text_header(PARTITION_KEY, &format!("[\"{pk}\"]"))
}

impl Call {
    /// A value that is not a valid header is sent as `?`, which the service refuses. Without the
    /// header, a write would go out without its precondition.
    pub(super) fn text_header(self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static("?"));
        self.header(HeaderName::from_static(name), value)
    }
}
