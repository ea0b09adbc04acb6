//! The data of a user event.

use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

/// The body of a user event, parsed according to its `Content-Type`.
#[derive(Debug, Clone)]
pub enum EventData {
    /// A text frame, or data of type `text`.
    Text(String),
    /// Data of type `json`: exactly the client's bytes, checked to be JSON.
    Json(Box<RawValue>),
    /// A binary frame, or data of type `binary`.
    Binary(Bytes),
    /// A protobuf `Any`.
    Protobuf(Bytes),
}

impl EventData {
    /// Parses a body. Parameters such as `; charset=utf-8` are ignored, and a body without a
    /// content type is binary.
    pub fn read(content_type: Option<&str>, body: Bytes) -> Result<Self, EventDataError> {
        let Some(content_type) = content_type else {
            return Ok(Self::Binary(body));
        };
        let media_type = content_type.split(';').next().unwrap_or_default().trim();
        let is = |name: &str| media_type.eq_ignore_ascii_case(name);
        if is("text/plain") {
            String::from_utf8(body.into())
                .map(Self::Text)
                .map_err(|_| EventDataError::NotUtf8)
        } else if is("application/json") {
            serde_json::from_slice(&body)
                .map(Self::Json)
                .map_err(EventDataError::NotJson)
        } else if is("application/octet-stream") {
            Ok(Self::Binary(body))
        } else if is("application/x-protobuf") {
            Ok(Self::Protobuf(body))
        } else {
            Err(EventDataError::UnknownType)
        }
    }

    /// Deserializes JSON data, or text that contains JSON.
    ///
    /// Returns `None` for binary and protobuf data.
    pub fn json<T: DeserializeOwned>(&self) -> Option<Result<T, serde_json::Error>> {
        match self {
            Self::Text(text) => Some(serde_json::from_str(text)),
            Self::Json(json) => Some(serde_json::from_str(json.get())),
            Self::Binary(_) | Self::Protobuf(_) => None,
        }
    }
}

/// Why the body of a user event cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EventDataError {
    /// The text is not UTF-8.
    #[error("the event's text is not UTF-8")]
    NotUtf8,
    /// The data is not JSON.
    #[error("the event's data is not JSON")]
    NotJson(#[source] serde_json::Error),
    /// The content type is not one that Web PubSub sends.
    #[error("the event's content type is unknown")]
    UnknownType,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(content_type: &str, body: &'static [u8]) -> Result<EventData, EventDataError> {
        EventData::read(Some(content_type), Bytes::from_static(body))
    }

    #[test]
    fn a_body_is_read_according_to_its_content_type() {
        assert!(matches!(read("text/plain", b"hi"), Ok(EventData::Text(text)) if text == "hi"));
        assert!(
            matches!(read("application/json", b" {\"a\": 1} "), Ok(EventData::Json(json)) if json.get() == "{\"a\": 1}")
        );
        assert!(
            matches!(read("application/octet-stream", b"\xff"), Ok(EventData::Binary(bytes)) if bytes[..] == *b"\xff")
        );
        assert!(matches!(
            read("application/x-protobuf", b"\x0a"),
            Ok(EventData::Protobuf(_))
        ));
        assert!(matches!(
            EventData::read(None, Bytes::new()),
            Ok(EventData::Binary(_))
        ));
    }

    #[test]
    fn parameters_and_case_of_the_content_type_are_ignored() {
        assert!(matches!(
            read("Text/Plain; charset=utf-8", b"hi"),
            Ok(EventData::Text(_))
        ));
        assert!(matches!(
            read("application/json;charset=utf-8", b"1"),
            Ok(EventData::Json(_))
        ));
    }

    #[test]
    fn a_body_that_does_not_match_its_content_type_is_refused() {
        assert!(matches!(
            read("text/plain", b"\xff"),
            Err(EventDataError::NotUtf8)
        ));
        assert!(matches!(
            read("application/json", b""),
            Err(EventDataError::NotJson(_))
        ));
        assert!(matches!(
            read("application/json", b"{} {}"),
            Err(EventDataError::NotJson(_))
        ));
        assert!(matches!(
            read("application/xml", b"<a/>"),
            Err(EventDataError::UnknownType)
        ));
        assert!(matches!(read("", b""), Err(EventDataError::UnknownType)));
    }

    #[test]
    fn json_and_text_data_can_be_deserialized() {
        let json = read("application/json", b"[1,2]").unwrap();
        let text = read("text/plain", b"[1,2]").unwrap();
        let bytes = read("application/octet-stream", b"[1,2]").unwrap();

        assert_eq!(json.json::<Vec<u8>>().unwrap().unwrap(), [1, 2]);
        assert_eq!(text.json::<Vec<u8>>().unwrap().unwrap(), [1, 2]);
        assert!(bytes.json::<Vec<u8>>().is_none());
    }
}
