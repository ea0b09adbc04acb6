//! Encodes frames for protobuf clients.

use bytes::{Bytes, BytesMut};
use prost::Message as _;
use prost::encoding::{WireType, encode_key, encode_varint, uint64};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use super::downstream::{
    self, Ack, Connected, DATA, DataMessage, Disconnected, DownstreamBody, DownstreamMessage,
    GroupState, GroupStateItem, InvokeResponse, SEQUENCE_ID, StreamAck, StreamClosed, StreamError,
    StreamInfo, StreamNack, SystemBody, SystemMessage,
};
use super::message_data::{DataBody, Empty, MessageData, State};
use crate::frame::server_frame::{INVALID_SEQUENCE_ID, RequestError, ServerFrame, StateItem};
use crate::message::{Data, Message, Source, StreamPart};

/// A key or a length takes at most this many bytes.
const MAX_VARINT: usize = 10;

/// A message frame. All fields but the sequence id are encoded once and shared by all receivers.
pub(crate) fn message(message: &Message, sequence: Option<u64>) -> Bytes {
    let shared = message
        .encoded
        .protobuf
        .get_or_init(|| data_message(message).encode_to_vec().into());
    let sequence_length =
        sequence.map_or(0, |sequence| uint64::encoded_len(SEQUENCE_ID, &sequence));
    let length = shared.len() + sequence_length;
    let mut frame = BytesMut::with_capacity(length + 2 * MAX_VARINT);
    encode_key(DATA, WireType::LengthDelimited, &mut frame);
    encode_varint(length as u64, &mut frame);
    frame.extend_from_slice(shared);
    if let Some(sequence) = sequence {
        uint64::encode(SEQUENCE_ID, &sequence, &mut frame);
    }
    frame.freeze()
}

fn data_message(message: &Message) -> DataMessage {
    let (from, group) = match &message.source {
        Source::Server => ("server", None),
        Source::Group { group, .. } => ("group", Some(group.to_string())),
    };
    DataMessage {
        from: from.to_owned(),
        group,
        data: Some(data(&message.data)),
        sequence_id: None,
        metadata: message.metadata.clone(),
        stream: message.stream.as_ref().map(stream_info),
    }
}

fn stream_info(part: &StreamPart) -> StreamInfo {
    let error = part.end.as_ref().and_then(|end| end.error.as_ref());
    StreamInfo {
        stream_id: part.stream.to_string(),
        stream_sequence_id: part.sequence,
        end_of_stream: part.end.as_ref().map(|_| true),
        error: error.map(|error| StreamError {
            name: error.name.to_owned(),
            message: error.message.clone(),
            user_error_code: error.user_code.clone().unwrap_or_default(),
        }),
    }
}

fn data(data: &Data) -> MessageData {
    MessageData {
        body: Some(match data {
            Data::Text(text) => DataBody::Text(text.to_string()),
            Data::Binary(bytes) => DataBody::Binary(bytes.clone()),
            Data::Protobuf(any) => DataBody::Protobuf(any.clone()),
            Data::Json(text) => DataBody::Json(text.to_string()),
        }),
    }
}

pub(crate) fn frame(frame: &ServerFrame) -> Bytes {
    let body = match frame {
        ServerFrame::Connected {
            connection,
            user,
            reconnection_token,
        } => system(SystemBody::Connected(Connected {
            connection_id: connection.to_string(),
            user_id: user.as_deref().unwrap_or_default().to_owned(),
            reconnection_token: reconnection_token.clone().unwrap_or_default(),
        })),
        ServerFrame::Disconnected { reason } => system(SystemBody::Disconnected(Disconnected {
            reason: reason.clone(),
        })),
        ServerFrame::Ack { id, error } => DownstreamBody::Ack(Ack {
            ack_id: Some(*id),
            success: error.is_none(),
            error: error.as_ref().map(self::error),
        }),
        ServerFrame::Pong => DownstreamBody::Pong(Empty {}),
        ServerFrame::GroupState {
            group,
            items,
            snapshot,
        } => {
            let state = GroupState {
                group: group.to_string(),
                items: items.iter().map(state_item).collect(),
            };
            if *snapshot {
                DownstreamBody::GroupStateSnapshot(state)
            } else {
                DownstreamBody::GroupStateUpdate(state)
            }
        }
        ServerFrame::InvokeResponse { id, result } => {
            DownstreamBody::InvokeResponse(invoke_response(id, result))
        }
        ServerFrame::StreamAck { stream, expected } => DownstreamBody::StreamAck(StreamAck {
            stream_id: stream.to_string(),
            expected_sequence_id: *expected,
        }),
        ServerFrame::StreamNack { stream, expected } => DownstreamBody::StreamNack(StreamNack {
            stream_id: stream.to_string(),
            name: INVALID_SEQUENCE_ID.0.to_owned(),
            message: INVALID_SEQUENCE_ID.1.to_owned(),
            expected_sequence_id: *expected,
        }),
        ServerFrame::StreamClosed { stream, error } => DownstreamBody::StreamClosed(StreamClosed {
            stream_id: stream.to_string(),
            error: error.as_ref().map(self::error),
        }),
    };
    let message = DownstreamMessage { body: Some(body) };
    message.encode_to_vec().into()
}

/// Without a reply from the handler the data is empty text.
fn invoke_response(id: &str, result: &Result<Option<Data>, RequestError>) -> InvokeResponse {
    let empty = Data::Text(Utf8Bytes::default());
    InvokeResponse {
        invocation_id: id.to_owned(),
        success: result.is_ok(),
        data: result
            .as_ref()
            .ok()
            .map(|reply| data(reply.as_ref().unwrap_or(&empty))),
        error: result.as_ref().err().map(error),
    }
}

fn system(body: SystemBody) -> DownstreamBody {
    DownstreamBody::System(SystemMessage { body: Some(body) })
}

fn error(error: &RequestError) -> downstream::Error {
    downstream::Error {
        name: error.name.to_owned(),
        message: error.message.clone(),
    }
}

fn state_item(item: &StateItem) -> GroupStateItem {
    GroupStateItem {
        connection_id: item.connection.to_string(),
        user_id: item.user.as_deref().map(str::to_owned),
        state: item.state.clone().map(|entries| State { entries }),
        updated_at: u64::try_from(item.updated_at).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[track_caller]
    fn told(expected: &str, server_frame: &ServerFrame) {
        assert_eq!(STANDARD.encode(frame(server_frame)), expected);
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
        let error = RequestError::new("Duplicate", "Message with ack-id: 3 has been processed");

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
    fn a_closed_stream_is_written() {
        let closed = ServerFrame::StreamClosed {
            stream: "s".into(),
            error: None,
        };

        told("QgMKAXM=", &closed);
    }
}
