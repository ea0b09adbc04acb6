//! What a handler's answer to a user event sends back to the client.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::answer::Answer;
use super::error::UpstreamError;
use super::identity::Identity;
use crate::message::{Data, Metadata};
use crate::metadata;

/// A message for the client whose event was answered.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) data: Data,
    pub(crate) metadata: Metadata,
}

/// Reads a body as its `Content-Type` declares it, ignoring parameters. Without a `Content-Type`
/// it is binary. `None` for a type that clients cannot receive, and for a body that does not match
/// its type.
pub(crate) fn declared_data(headers: &HeaderMap, body: Bytes) -> Option<Data> {
    let Some(declared) = headers.get(CONTENT_TYPE) else {
        return Some(Data::Binary(body));
    };
    let media_type = declared
        .to_str()
        .ok()?
        .split(';')
        .next()?
        .trim()
        .to_ascii_lowercase();
    match media_type.as_str() {
        "text/plain" => Utf8Bytes::try_from(body).ok().map(Data::Text),
        "application/json" => Data::json(Utf8Bytes::try_from(body).ok()?),
        "application/octet-stream" => Some(Data::Binary(body)),
        "application/x-protobuf" => Some(Data::Protobuf(body)),
        _ => None,
    }
}

impl Reply {
    /// Also stores the connection state that the answer sets. An empty body makes no reply.
    pub(super) fn from_answer(
        answer: Answer,
        identity: &Identity,
    ) -> Result<Option<Self>, UpstreamError> {
        let reply = if answer.body.is_empty() {
            None
        } else {
            let data = declared_data(&answer.headers, answer.body).ok_or(
                UpstreamError::Unusable("its body is not text, JSON or binary as declared"),
            )?;
            let metadata = metadata::from_headers(&answer.headers)
                .ok_or(UpstreamError::Unusable("its metadata exceeds a limit"))?;
            Some(Self { data, metadata })
        };
        identity.remember_state(&answer.headers);
        Ok(reply)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn data(content_type: &'static str, body: &'static [u8]) -> Option<Data> {
        let headers =
            HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        declared_data(&headers, Bytes::from_static(body))
    }

    #[test]
    fn the_content_type_decides_without_its_parameters() {
        assert_eq!(data("text/plain", b"hi"), Some(Data::Text("hi".into())));
        assert_eq!(
            data("Application/JSON; charset=utf-8", b"[1]"),
            Some(Data::Json("[1]".into()))
        );
        assert_eq!(
            data("application/octet-stream", &[1]),
            Some(Data::Binary(vec![1].into()))
        );
    }

    #[test]
    fn a_body_without_a_content_type_is_binary() {
        assert_eq!(
            declared_data(&HeaderMap::new(), Bytes::from_static(b"x")),
            Some(Data::Binary(Bytes::from_static(b"x")))
        );
    }

    #[test]
    fn a_body_that_clients_cannot_receive_is_none() {
        assert_eq!(data("text/html", b"<p>"), None);
        assert_eq!(data("application/json", b"{"), None);
        assert_eq!(data("text/plain", &[0xff]), None);
    }
}
