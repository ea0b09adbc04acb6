//! Finds the frame in a user event. It comes as a plain text frame, as the data of an event named
//! `message`, or with its type as the event's name.

use serde_json::{Map, Value};
use webpubsub::upstream::EventData;

use super::Frame;
use super::code::{Code, FrameError};
use super::fields::Fields;

/// A frame or the error in it, with the id that the reply repeats.
#[derive(Debug)]
pub struct Incoming {
    pub frame: Result<Frame, FrameError>,
    pub request_id: Option<Value>,
}

/// Reads the frame that the event `name` carries.
pub fn parse(name: &str, data: &EventData) -> Incoming {
    let members = match members(name, data) {
        Ok(members) => members,
        Err(error) => {
            return Incoming {
                frame: Err(error),
                request_id: None,
            };
        }
    };
    let request_id = members.get("requestId").filter(|id| !id.is_null()).cloned();
    if let Some(Value::Array(_) | Value::Object(_) | Value::Bool(_)) = request_id {
        return Incoming {
            frame: Err(FrameError::invalid("requestId", "text or a number")),
            request_id: None,
        };
    }
    Incoming {
        frame: frame(name, members),
        request_id,
    }
}

fn frame(name: &str, members: Map<String, Value>) -> Result<Frame, FrameError> {
    let kind = match (name, members.get("type")) {
        // An event's own name is its type, except that every plain frame arrives as `message`.
        ("message", Some(Value::String(kind))) => kind.clone(),
        ("message", Some(Value::Null) | None) => "message".to_owned(),
        ("message", Some(_)) => return Err(FrameError::invalid("type", "text")),
        (name, _) => name.to_owned(),
    };
    Frame::read(&kind, &Fields::new(members))
}

fn members(name: &str, data: &EventData) -> Result<Map<String, Value>, FrameError> {
    // A type with nothing to say needs no data: `sendEvent("ping", "", "text")`.
    if name != "message" && is_empty(data) {
        return Ok(Map::new());
    }
    let refuse = |why| Err(FrameError::new(Code::BadFrame, why));
    match data.json::<Value>() {
        Some(Ok(Value::Object(members))) => Ok(members),
        // A client may send its frame as text inside JSON.
        Some(Ok(Value::String(text))) => match serde_json::from_str(&text) {
            Ok(Value::Object(members)) => Ok(members),
            _ => refuse("a frame is a JSON object"),
        },
        Some(Ok(Value::Null)) if name != "message" => Ok(Map::new()),
        Some(Ok(_)) => refuse("a frame is a JSON object"),
        Some(Err(_)) => refuse("a frame is JSON, nested at most 128 levels deep"),
        None => refuse("a frame is JSON text, not bytes"),
    }
}

/// The Functions host drops the content type of an empty body, so it looks like bytes.
fn is_empty(data: &EventData) -> bool {
    match data {
        EventData::Text(text) => text.trim().is_empty(),
        EventData::Json(_) => false,
        EventData::Binary(bytes) | EventData::Protobuf(bytes) => bytes.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::{Ping, Test};
    use super::*;

    fn text(frame: &str) -> EventData {
        EventData::Text(frame.to_owned())
    }

    fn json(value: Value) -> EventData {
        EventData::read(Some("application/json"), value.to_string().into()).unwrap()
    }

    fn code(name: &str, data: &EventData) -> Code {
        parse(name, data).frame.unwrap_err().code
    }

    #[test]
    fn the_same_frame_comes_in_by_every_way() {
        let ping = Frame::Ping(Ping {
            timestamp: Some(json!("t")),
        });
        let ways = [
            ("message", text(r#"{"type":"ping","timestamp":"t"}"#)),
            ("message", json(json!({ "type": "ping", "timestamp": "t" }))),
            ("message", json(json!(r#"{"type":"ping","timestamp":"t"}"#))),
            ("ping", json(json!({ "timestamp": "t" }))),
            ("ping", text(r#"{"timestamp":"t"}"#)),
            ("ping", json(json!({ "type": "test", "timestamp": "t" }))),
        ];

        for (name, data) in ways {
            assert_eq!(parse(name, &data).frame.as_ref(), Ok(&ping), "{data:?}");
        }
    }

    #[test]
    fn a_type_with_nothing_to_say_needs_no_data() {
        let ping = Frame::Ping(Ping { timestamp: None });

        assert_eq!(parse("ping", &text("")).frame, Ok(ping));
        assert!(parse("ping", &json(Value::Null)).frame.is_ok());
        assert!(
            parse("ping", &EventData::Binary(Bytes::new()))
                .frame
                .is_ok()
        );
    }

    #[test]
    fn what_is_no_frame_is_told_so() {
        for data in [
            text(""),
            text("hello"),
            text("[1]"),
            text("{"),
            json(json!(7)),
        ] {
            assert_eq!(code("message", &data), Code::BadFrame, "{data:?}");
        }
        assert_eq!(
            code("message", &EventData::Binary(Bytes::new())),
            Code::BadFrame
        );
        let bytes = Bytes::from_static(b"x");
        assert_eq!(code("ping", &EventData::Protobuf(bytes)), Code::BadFrame);
    }

    #[test]
    fn nesting_has_a_floor() {
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));

        assert_eq!(code("message", &text(&deep)), Code::BadFrame);
    }

    #[test]
    fn an_unknown_type_is_no_bad_frame() {
        assert_eq!(
            code("message", &text(r#"{"type":"dance"}"#)),
            Code::UnknownType
        );
        assert_eq!(code("dance", &text("{}")), Code::UnknownType);
        assert_eq!(code("message", &text(r#"{"type":7}"#)), Code::InvalidField);
    }

    #[test]
    fn the_request_id_is_known_even_when_the_frame_is_wrong() {
        let incoming = parse("message", &text(r#"{"type":"test","requestId":"r1"}"#));

        assert_eq!(incoming.request_id, Some(json!("r1")));
        assert_eq!(incoming.frame.unwrap_err().code, Code::MissingField);
    }

    #[test]
    fn escapes_that_are_half_a_character_are_refused() {
        assert_eq!(
            code("message", &text(r#"{"type":"test","message":"\ud800"}"#)),
            Code::BadFrame
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(name in ".{0,20}", frame in ".{0,200}") {
            let _ = parse(&name, &text(&frame));
        }

        #[test]
        fn a_test_frame_keeps_its_message(message in any::<String>()) {
            let frame = parse("message", &text(&json!({ "type": "test", "message": message }).to_string()));

            prop_assert_eq!(frame.frame, Ok(Frame::Test(Test { message })));
        }
    }
}
