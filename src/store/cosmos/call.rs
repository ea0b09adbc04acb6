//! What is asked of the service.

use bytes::Bytes;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::resource::Resource;

/// What is asked, before it is signed.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) method: Method,
    pub(super) resource: Resource,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Call {
    pub(super) fn new(method: Method, resource: Resource) -> Self {
        Self {
            method,
            resource,
            headers: HeaderMap::new(),
            body: Bytes::new(),
        }
    }

    pub(super) fn body(mut self, kind: &'static str, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self.headers
            .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        self
    }

    pub(super) fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// What cannot be a header's value becomes one that the service refuses: left out, it would
    /// let a write go without its precondition.
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        let value = HeaderValue::from_str(value);
        let value = value.unwrap_or(HeaderValue::from_static("?"));
        self.headers.insert(HeaderName::from_static(name), value);
        self
    }

    pub(super) fn header_if(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.header(name, value),
            None => self,
        }
    }

    /// About this partition alone.
    pub(super) fn in_partition(self, name: &str) -> Self {
        self.header("x-ms-documentdb-partitionkey", &format!("[\"{name}\"]"))
    }
}
