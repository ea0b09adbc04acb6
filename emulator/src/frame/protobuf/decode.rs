//! Decodes the frames of protobuf clients.

use bytes::Bytes;
use prost::Message as _;

use super::message_data::{DataBody, MessageData};
use super::upstream::{
    self, GroupRequest, SetGroupState, StreamStart, UpstreamBody, UpstreamMessage,
};
use crate::frame::client_frame::{ClientFrame, Event, MAX_TTL_SECONDS, SendToGroup};
use crate::frame::error::FrameError;
use crate::message::{Data, Metadata, StreamError};
use crate::{metadata, names};

pub(crate) fn decode(bytes: Bytes) -> Result<ClientFrame, FrameError> {
    UpstreamMessage::decode(bytes)
        .ok()
        .and_then(|message| client_frame(message.body?))
        .ok_or(FrameError::Protobuf)
}

/// `None` if a field that the request needs is missing or invalid.
fn client_frame(body: UpstreamBody) -> Option<ClientFrame> {
    Some(match body {
        UpstreamBody::SendToGroup(send) => return send_to_group(send),
        UpstreamBody::Event(event) => ClientFrame::Event(user_event(event)?),
        UpstreamBody::JoinGroup(GroupRequest { group, ack_id: ack }) => {
            ClientFrame::JoinGroup { group: group?, ack }
        }
        UpstreamBody::LeaveGroup(GroupRequest { group, ack_id: ack }) => {
            ClientFrame::LeaveGroup { group: group?, ack }
        }
        UpstreamBody::SequenceAck(ack) => ClientFrame::SequenceAck(ack.sequence_id),
        UpstreamBody::Ping(_) => ClientFrame::Ping,
        UpstreamBody::Invoke(invoke) => return invocation(invoke),
        UpstreamBody::CancelInvocation(cancel) => ClientFrame::CancelInvocation {
            id: cancel.invocation_id?,
        },
        UpstreamBody::StreamData(part) => return stream_data(part),
        UpstreamBody::StreamEnd(end) => ClientFrame::StreamEnd {
            stream: end.stream_id?,
            error: end
                .error
                .map(|error| StreamError::by_publisher(error.message, error.user_error_code)),
        },
        UpstreamBody::SetGroupState(SetGroupState {
            group,
            ack_id: ack,
            state,
        }) => ClientFrame::SetGroupState {
            group: group?,
            ack,
            state: state.map(|state| state.entries),
        },
        UpstreamBody::SubscribeGroupState(GroupRequest { group, ack_id: ack }) => {
            ClientFrame::SubscribeGroupState { group: group?, ack }
        }
        UpstreamBody::UnsubscribeGroupState(GroupRequest { group, ack_id: ack }) => {
            ClientFrame::UnsubscribeGroupState { group: group?, ack }
        }
    })
}

fn send_to_group(send: upstream::SendToGroup) -> Option<ClientFrame> {
    let group = send.group?;
    if let Some(stream) = send.stream {
        return stream_start(group, send.no_echo, stream);
    }
    let ttl_seconds = u32::try_from(send.ttl_seconds).ok()?;
    if ttl_seconds > MAX_TTL_SECONDS {
        return None;
    }
    Some(ClientFrame::SendToGroup(SendToGroup {
        group,
        ack: send.ack_id,
        no_echo: send.no_echo,
        ttl_seconds,
        data: data_or_empty(send.data, &send.metadata)?,
        metadata: metadata::checked(send.metadata.iter())?,
    }))
}

fn stream_start(group: String, no_echo: bool, stream: StreamStart) -> Option<ClientFrame> {
    Some(ClientFrame::StreamStart {
        group,
        stream: stream.stream_id?,
        no_echo,
        idle_ms: stream.idle_timeout_ms,
    })
}

fn invocation(invoke: upstream::Invoke) -> Option<ClientFrame> {
    Some(ClientFrame::Invoke {
        id: invoke.invocation_id?,
        event: Some(invoke.event).filter(|name| names::is_event(name))?,
        data: match invoke.data.and_then(|encoded| encoded.body) {
            Some(body) => data(body)?,
            None => Data::Text("".into()),
        },
    })
}

/// Without a sequence id it only keeps the stream alive.
fn stream_data(part: upstream::StreamData) -> Option<ClientFrame> {
    let stream = part.stream_id?;
    let part = match part.stream_sequence_id {
        Some(sequence) => Some((sequence, data(part.data?.body?)?)),
        None => None,
    };
    Some(ClientFrame::StreamData { stream, part })
}

fn user_event(event: upstream::Event) -> Option<Event> {
    if !names::is_event(&event.event) {
        return None;
    }
    Some(Event {
        event: event.event,
        ack: event.ack_id,
        data: data_or_empty(event.data, &event.metadata)?,
        metadata: metadata::checked(event.metadata.iter())?,
    })
}

/// A frame without data is valid only if it has metadata: then its data is empty text.
fn data_or_empty(encoded: Option<MessageData>, metadata: &Metadata) -> Option<Data> {
    match encoded.and_then(|encoded| encoded.body) {
        Some(body) => data(body),
        None if metadata.is_empty() => None,
        None => Some(Data::Text("".into())),
    }
}

fn data(body: DataBody) -> Option<Data> {
    match body {
        DataBody::Text(text) => Some(Data::Text(text.into())),
        DataBody::Binary(bytes) => Some(Data::Binary(bytes)),
        DataBody::Protobuf(any) => Some(Data::Protobuf(any)),
        DataBody::Json(text) => Data::json(text.into()),
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_bytes_break_the_decoder(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(bytes.into());
        }
    }

    fn decoded(base64: &str) -> Result<ClientFrame, FrameError> {
        decode(STANDARD.decode(base64).unwrap().into())
    }

    fn sent(data: Data) -> ClientFrame {
        ClientFrame::SendToGroup(SendToGroup {
            group: "g".to_owned(),
            ack: Some(2),
            no_echo: false,
            ttl_seconds: 0,
            data,
            metadata: Metadata::new(),
        })
    }

    #[test]
    fn the_published_join_is_read() {
        assert_eq!(
            decoded("MgcKBWdyb3Vw"),
            Ok(ClientFrame::JoinGroup {
                group: "group".to_owned(),
                ack: None
            })
        );
    }

    #[test]
    fn each_kind_of_data_is_read() {
        assert_eq!(
            decoded("CgsKAWcQAhoECgJoaQ=="),
            Ok(sent(Data::Text("hi".into())))
        );
        assert_eq!(
            decoded("CgsKAWcQAhoEEgIBAg=="),
            Ok(sent(Data::Binary(vec![1, 2].into())))
        );
        assert_eq!(
            decoded("CgsKAWcQAhoEIgJ7fQ=="),
            Ok(sent(Data::Json("{}".into())))
        );
    }

    #[test]
    fn a_ping_is_empty() {
        assert_eq!(decoded("SgA="), Ok(ClientFrame::Ping));
    }

    #[test]
    fn invalid_bytes_are_refused() {
        assert_eq!(decode(Bytes::new()), Err(FrameError::Protobuf));
        assert_eq!(
            decode(Bytes::from_static(b"hello")),
            Err(FrameError::Protobuf)
        );
        // JSON data that is not JSON, and a join without a group.
        assert_eq!(decoded("CgsKAWcQAhoEIgJ7eA=="), Err(FrameError::Protobuf));
        assert_eq!(decoded("MgIQAQ=="), Err(FrameError::Protobuf));
    }

    #[test]
    fn a_length_beyond_the_end_is_refused() {
        let invalid = Err(FrameError::Protobuf);

        assert_eq!(decode(Bytes::from_static(&[0x32, 0x05, b'x'])), invalid);
        assert_eq!(
            decode(Bytes::from_static(&[0x32, 0xff, 0xff, 0xff, 0xff, 0x7f])),
            invalid
        );
    }

    #[test]
    fn an_endless_number_is_refused() {
        assert_eq!(
            decode(Bytes::from_static(&[0xff; 16])),
            Err(FrameError::Protobuf)
        );
    }

    #[test]
    fn unknown_fixed_width_fields_are_skipped() {
        let bytes = [
            0x4a, 0, 0xa1, 0x06, 1, 2, 3, 4, 5, 6, 7, 8, 0xad, 0x06, 1, 2, 3, 4,
        ];

        assert_eq!(
            decode(Bytes::copy_from_slice(&bytes)),
            Ok(ClientFrame::Ping)
        );
    }

    #[test]
    fn an_encoded_request_is_decoded() {
        let join = GroupRequest {
            group: Some("g".to_owned()),
            ack_id: Some(u64::MAX),
        };
        let body = Some(UpstreamBody::JoinGroup(join));

        assert_eq!(
            decode(UpstreamMessage { body }.encode_to_vec().into()),
            Ok(ClientFrame::JoinGroup {
                group: "g".to_owned(),
                ack: Some(u64::MAX),
            })
        );
    }
}
