//! Encodes frames for JSON clients.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::frame::server_frame::{INVALID_SEQUENCE_ID, RequestError, ServerFrame, StateItem};
use crate::message::{Data, Message, Source, StreamPart};

/// A message frame. Receivers share its text; only the sequence ids of reliable ones differ.
pub(crate) fn message(message: &Message, sequence: Option<u64>) -> Utf8Bytes {
    match sequence {
        None => message
            .encoded
            .json
            .get_or_init(|| (open(message) + "}").into())
            .clone(),
        Some(sequence) => {
            let open = message.encoded.json_open.get_or_init(|| open(message));
            format!(r#"{open},"sequenceId":{sequence}}}"#).into()
        }
    }
}

/// The frame without its closing brace.
fn open(message: &Message) -> String {
    let mut out = String::with_capacity(128 + message.data.len());
    match &message.source {
        Source::Server => out.push_str(r#"{"type":"message","from":"server""#),
        Source::Group { group, user } => {
            out.push_str(r#"{"type":"message","from":"group","group":"#);
            out.push_str(&text(&**group));
            out.push_str(r#","fromUserId":"#);
            out.push_str(&text(&user.as_deref()));
        }
    }
    push_data(&mut out, &message.data);
    if !message.metadata.is_empty() {
        out.push_str(r#","metadata":"#);
        out.push_str(&text(&message.metadata));
    }
    if let Some(part) = &message.stream {
        out.push_str(r#","stream":"#);
        out.push_str(&stream(part).to_string());
    }
    out
}

fn push_data(out: &mut String, data: &Data) {
    out.push_str(r#","dataType":""#);
    match data {
        Data::Text(plain) => {
            out.push_str(r#"text","data":"#);
            out.push_str(&text(plain.as_str()));
        }
        Data::Json(raw) => {
            out.push_str(r#"json","data":"#);
            out.push_str(raw);
        }
        Data::Binary(bytes) | Data::Protobuf(bytes) => {
            let kind = if matches!(data, Data::Binary(_)) {
                "binary"
            } else {
                "protobuf"
            };
            out.push_str(kind);
            out.push_str(r#"","data":""#);
            STANDARD.encode_string(bytes, out);
            out.push('"');
        }
    }
}

/// Serializes strings, options and maps of strings, which cannot fail.
fn text<T: Serialize + ?Sized>(value: &T) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn stream(part: &StreamPart) -> Value {
    let mut value = json!({ "streamId": &*part.stream, "streamSequenceId": part.sequence });
    if let Some(end) = &part.end {
        value["endOfStream"] = Value::Bool(true);
        if let Some(error) = &end.error {
            value["error"] = json!({ "name": error.name, "message": error.message });
            if let Some(code) = &error.user_code {
                value["error"]["userErrorCode"] = json!(code);
            }
        }
    }
    value
}

pub(crate) fn frame(frame: &ServerFrame) -> String {
    match frame {
        ServerFrame::Connected {
            connection,
            user,
            reconnection_token,
        } => {
            let mut value = json!({
                "type": "system", "event": "connected",
                "userId": user.as_deref(), "connectionId": &**connection,
            });
            if let Some(token) = reconnection_token {
                value["reconnectionToken"] = json!(token);
            }
            value.to_string()
        }
        ServerFrame::Disconnected { reason } => {
            json!({ "type": "system", "event": "disconnected", "message": reason }).to_string()
        }
        ServerFrame::Ack { id, error: None } => {
            format!(r#"{{"type":"ack","ackId":{id},"success":true}}"#)
        }
        ServerFrame::Ack {
            id,
            error: Some(error),
        } => json!({ "type": "ack", "ackId": id, "success": false, "error": self::error(error) })
            .to_string(),
        ServerFrame::Pong => r#"{"type":"pong"}"#.to_owned(),
        ServerFrame::InvokeResponse { id, result } => invoke_response(id, result),
        ServerFrame::StreamAck { stream, expected } => {
            json!({ "type": "streamAck", "streamId": &**stream, "expectedSequenceId": expected })
                .to_string()
        }
        ServerFrame::StreamNack { stream, expected } => {
            let (name, message) = INVALID_SEQUENCE_ID;
            json!({
                "type": "streamNack", "streamId": &**stream, "name": name,
                "message": message, "expectedSequenceId": expected,
            })
            .to_string()
        }
        ServerFrame::StreamClosed { stream, error } => {
            let mut value = json!({ "type": "streamClosed", "streamId": &**stream });
            if let Some(error) = error {
                value["error"] = self::error(error);
            }
            value.to_string()
        }
        ServerFrame::GroupState {
            group,
            items,
            snapshot,
        } => {
            let kind = if *snapshot {
                "groupStateSnapshot"
            } else {
                "groupStateUpdate"
            };
            let items: Vec<_> = items.iter().map(state_item).collect();
            json!({ "type": kind, "group": &**group, "items": items }).to_string()
        }
    }
}

fn error(error: &RequestError) -> Value {
    json!({ "name": error.name, "message": error.message })
}

/// Without a reply from the handler the data is empty text.
fn invoke_response(id: &str, result: &Result<Option<Data>, RequestError>) -> String {
    match result {
        Ok(data) => {
            let mut out = format!(
                r#"{{"type":"invokeResponse","invocationId":{},"success":true"#,
                text(id)
            );
            push_data(
                &mut out,
                data.as_ref().unwrap_or(&Data::Text(Utf8Bytes::default())),
            );
            out.push('}');
            out
        }
        Err(error) => json!({
            "type": "invokeResponse", "invocationId": id, "success": false, "error": self::error(error),
        })
        .to_string(),
    }
}

fn state_item(item: &StateItem) -> Value {
    let mut value = json!({ "connectionId": &*item.connection, "updatedAt": item.updated_at });
    if let Some(user) = &item.user {
        value["userId"] = json!(&**user);
    }
    if let Some(state) = &item.state {
        value["state"] = json!(state);
    }
    value
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::message::{StreamEnd, StreamError};

    fn group_message(data: Data) -> Message {
        Message::new(
            Source::Group {
                group: "g\"".into(),
                user: Some("ann".into()),
            },
            data,
        )
    }

    #[test]
    fn a_group_message_names_its_sender() {
        assert_eq!(
            message(&group_message(Data::Text("hi\n".into())), None).as_str(),
            r#"{"type":"message","from":"group","group":"g\"","fromUserId":"ann","dataType":"text","data":"hi\n"}"#
        );
    }

    #[test]
    fn a_reliable_message_ends_with_its_sequence_id() {
        let sent = Message::new(Source::Server, Data::Json(r#"{"a": 1}"#.into()));

        assert_eq!(
            message(&sent, Some(3)).as_str(),
            r#"{"type":"message","from":"server","dataType":"json","data":{"a": 1},"sequenceId":3}"#
        );
    }

    #[test]
    fn binary_and_protobuf_are_base64() {
        let sent = Message::new(Source::Server, Data::Protobuf(vec![0, 1, 2].into()));

        assert!(message(&sent, None).contains(r#""dataType":"protobuf","data":"AAEC""#));
    }

    #[test]
    fn the_last_message_of_a_stream_is_marked() {
        let mut sent = group_message(Data::Text("".into()));
        let error = StreamError {
            name: "UserError",
            message: "m".to_owned(),
            user_code: Some("c".to_owned()),
        };
        sent.stream = Some(StreamPart {
            stream: "s".into(),
            sequence: 4,
            end: Some(StreamEnd { error: Some(error) }),
        });

        let value: Value = serde_json::from_str(&message(&sent, None)).unwrap();

        assert_eq!(
            value["stream"],
            json!({"streamId": "s", "streamSequenceId": 4, "endOfStream": true,
                   "error": {"name": "UserError", "message": "m", "userErrorCode": "c"}})
        );
    }

    #[test]
    fn an_anonymous_client_gets_a_null_user() {
        let told = frame(&ServerFrame::Connected {
            connection: "c".into(),
            user: None,
            reconnection_token: None,
        });

        let value: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(
            value,
            json!({"type": "system", "event": "connected", "userId": null, "connectionId": "c"})
        );
    }

    #[test]
    fn an_invocation_without_a_reply_gets_empty_text() {
        let told = frame(&ServerFrame::InvokeResponse {
            id: "1".to_owned(),
            result: Ok(None),
        });

        assert_eq!(
            told,
            r#"{"type":"invokeResponse","invocationId":"1","success":true,"dataType":"text","data":""}"#
        );
    }

    #[test]
    fn a_cleared_state_is_left_out() {
        let items: Arc<[StateItem]> = [StateItem {
            connection: "c".into(),
            user: None,
            state: None,
            updated_at: 5,
        }]
        .into();

        let told = frame(&ServerFrame::GroupState {
            group: "g".into(),
            items,
            snapshot: false,
        });

        let value: Value = serde_json::from_str(&told).unwrap();
        assert_eq!(
            value,
            json!({"type": "groupStateUpdate", "group": "g", "items": [{"connectionId": "c", "updatedAt": 5}]})
        );
    }
}
