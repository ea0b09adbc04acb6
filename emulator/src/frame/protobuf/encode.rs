//! `DownstreamMessage`: what a protobuf client is told.

use bytes::Bytes;

use super::wire::Writer;
use crate::frame::{Refusal, ServerFrame, StateItem};
use crate::message::{Data, Message, Metadata, Source};

/// Field 2, `DataMessage`. All but the sequence id is encoded once for all receivers.
pub(crate) fn message(message: &Message, sequence: Option<u64>) -> Bytes {
    let shared = message
        .encoded
        .protobuf
        .get_or_init(|| data_message(message));
    let mut inner = Writer::default().raw(shared);
    if let Some(sequence) = sequence {
        inner = inner.varint(4, sequence);
    }
    Writer::default().message(2, inner).finish()
}

fn data_message(message: &Message) -> Bytes {
    let mut out = Writer::default();
    match &message.source {
        Source::Server => out = out.text(1, "server"),
        Source::Group { group, .. } => out = out.text(1, "group").text(2, group),
    }
    // The published protocol has no field for a stream, so its receivers see plain messages.
    pairs(out.message(3, data(&message.data)), 5, &message.metadata).finish()
}

fn data(data: &Data) -> Writer {
    match data {
        Data::Text(text) => Writer::default().text(1, text),
        Data::Binary(bytes) => Writer::default().bytes(2, bytes),
        Data::Protobuf(any) => Writer::default().bytes(3, any),
        Data::Json(json) => Writer::default().text(4, json),
    }
}

/// A `map<string, string>`.
fn pairs(mut out: Writer, field: u32, map: &Metadata) -> Writer {
    for (key, value) in map {
        out = out.message(field, Writer::default().text(1, key).text(2, value));
    }
    out
}

/// `None` for what the published protocol has no message for.
pub(crate) fn frame(frame: &ServerFrame) -> Option<Bytes> {
    let out = Writer::default();
    Some(
        match frame {
            ServerFrame::Connected {
                connection,
                user,
                reconnection_token,
            } => {
                let mut connected = Writer::default().text(1, connection);
                if let Some(user) = user {
                    connected = connected.text(2, user);
                }
                if let Some(token) = reconnection_token {
                    connected = connected.text(3, token);
                }
                out.message(3, Writer::default().message(1, connected))
            }
            ServerFrame::Disconnected { reason } => {
                let disconnected = Writer::default().text(2, reason);
                out.message(3, Writer::default().message(2, disconnected))
            }
            ServerFrame::Ack { id, error } => out.message(1, ack(*id, error.as_ref())),
            ServerFrame::Pong => out.message(4, Writer::default()),
            ServerFrame::GroupState {
                group,
                items,
                snapshot,
            } => {
                let mut state = Writer::default().text(1, group);
                for item in &**items {
                    state = state.message(2, state_item(item));
                }
                out.message(if *snapshot { 10 } else { 9 }, state)
            }
            ServerFrame::InvokeResponse { .. }
            | ServerFrame::StreamAck { .. }
            | ServerFrame::StreamNack { .. }
            | ServerFrame::StreamClosed { .. } => return None,
        }
        .finish(),
    )
}

/// A failure is written by leaving `success` out, as proto3 does with every false.
fn ack(id: u64, error: Option<&Refusal>) -> Writer {
    let ack = Writer::default().varint(1, id);
    match error {
        None => ack.varint(2, 1),
        Some(error) => ack.message(
            3,
            Writer::default()
                .text(1, error.name)
                .text(2, &error.message),
        ),
    }
}

fn state_item(item: &StateItem) -> Writer {
    let mut out = Writer::default().text(1, &item.connection);
    if let Some(user) = &item.user {
        out = out.text(2, user);
    }
    if let Some(state) = &item.state {
        out = out.message(3, pairs(Writer::default(), 1, state));
    }
    out.varint(4, u64::try_from(item.updated_at).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[track_caller]
    fn told(expected: &str, server_frame: &ServerFrame) {
        assert_eq!(STANDARD.encode(frame(server_frame).unwrap()), expected);
    }

    #[test]
    fn the_published_frames_are_written() {
        told(
            "CgQIexAB",
            &ServerFrame::Ack {
                id: 123,
                error: None,
            },
        );
        told(
            "GhkKFwoKY29ubmVjdGlvbhIEdXNlchoDcmVj",
            &ServerFrame::Connected {
                connection: "connection".into(),
                user: Some("user".into()),
                reconnection_token: Some("rec".to_owned()),
            },
        );
        told("IgA=", &ServerFrame::Pong);
    }

    #[test]
    fn an_error_has_a_name_and_a_message() {
        let error = Refusal::new("Duplicate", "Message with ack-id: 3 has been processed");

        told(
            "CjoIAxo2CglEdXBsaWNhdGUSKU1lc3NhZ2Ugd2l0aCBhY2staWQ6IDMgaGFzIGJlZW4gcHJvY2Vzc2Vk",
            &ServerFrame::Ack {
                id: 3,
                error: Some(error),
            },
        );
    }

    #[test]
    fn a_sequence_id_follows_the_shared_fields() {
        let source = Source::Group {
            group: "g".into(),
            user: None,
        };
        let sent = Message::new(source, Data::Json(r#"{"a":1}"#.into()));

        assert_eq!(
            STANDARD.encode(message(&sent, Some(2))),
            "EhcKBWdyb3VwEgFnGgkiB3siYSI6MX0gAg=="
        );
        assert_eq!(
            STANDARD.encode(message(&sent, None)),
            "EhUKBWdyb3VwEgFnGgkiB3siYSI6MX0="
        );
    }

    #[test]
    fn what_the_protocol_lacks_is_not_written() {
        let closed = ServerFrame::StreamClosed {
            stream: "s".into(),
            error: None,
        };

        assert_eq!(frame(&closed), None);
    }
}
