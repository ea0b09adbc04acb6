//! The answer to a request, before it becomes HTTP.

use bytes::Bytes;
use http::header::{HeaderMap, HeaderName, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;

#[derive(Debug)]
pub(crate) struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self::new(status, Bytes::new())
    }

    pub(crate) fn new(status: u16, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: body.into(),
        }
    }

    /// An XML document; `root` is its only element.
    pub(crate) fn xml(status: u16, root: &str) -> Self {
        let document = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{root}");
        Self::new(status, document).with("Content-Type", "application/xml")
    }

    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.push(name, value);
        self
    }

    /// Leaves out a header that HTTP does not allow: it can only come from a file of the
    /// emulator that somebody edited.
    pub(crate) fn push(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let value = HeaderValue::from_bytes(value.as_ref());
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), value) {
            self.headers.append(name, value);
        }
    }

    pub(crate) fn header_names(&self) -> Vec<&str> {
        self.headers.keys().map(HeaderName::as_str).collect()
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        *response.headers_mut() = self.headers;
        response
    }
}
