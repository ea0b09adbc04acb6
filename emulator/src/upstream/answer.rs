//! A handler's HTTP response.

use bytes::Bytes;
use http::StatusCode;
use http::header::HeaderMap;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}
