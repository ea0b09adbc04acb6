//! What a handler says to a client in its answer to the client's event.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderMap};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::post::Answer;
use super::{Failure, Identity};
use crate::frame::json;
use crate::message::{Data, Metadata};
use crate::metadata;

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) data: Data,
    pub(crate) metadata: Metadata,
}

/// How an event's data is declared to its handler.
pub(super) fn content_type(data: &Data) -> &'static str {
    match data {
        Data::Text(_) => "text/plain; charset=utf-8",
        Data::Json(_) => "application/json",
        Data::Binary(_) => "application/octet-stream",
        Data::Protobuf(_) => "application/x-protobuf",
    }
}

/// Data declared by a content type, parameters apart; no declaration means binary. `None` for a
/// type that clients cannot be sent, and for bytes that are not what they are declared to be.
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
        "application/json" => {
            let text = Utf8Bytes::try_from(body).ok()?;
            json::is_value(&text).then_some(Data::Json(text))
        }
        "application/octet-stream" => Some(Data::Binary(body)),
        "application/x-protobuf" => Some(Data::Protobuf(body)),
        _ => None,
    }
}

impl Answer {
    /// Takes over the connection state. An empty body says nothing to the client.
    pub(super) fn into_reply(self, identity: &Identity) -> Result<Option<Reply>, Failure> {
        let reply = if self.body.is_empty() {
            None
        } else {
            let data = declared_data(&self.headers, self.body).ok_or(Failure::Unusable(
                "its body is not text, JSON or binary as declared",
            ))?;
            let metadata = metadata::from_headers(&self.headers)
                .ok_or(Failure::Unusable("its metadata breaks a limit"))?;
            Some(Reply { data, metadata })
        };
        identity.remember_state(&self.headers);
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
    fn the_content_type_decides_whatever_its_parameters() {
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
    fn nothing_declared_is_binary() {
        assert_eq!(
            declared_data(&HeaderMap::new(), Bytes::from_static(b"x")),
            Some(Data::Binary(Bytes::from_static(b"x")))
        );
    }

    #[test]
    fn what_clients_cannot_be_sent_is_nothing() {
        assert_eq!(data("text/html", b"<p>"), None);
        assert_eq!(data("application/json", b"{"), None);
        assert_eq!(data("text/plain", &[0xff]), None);
    }
}
