//! Decodes the frames of JSON clients.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::frame::client_frame::{ClientFrame, Event, MAX_TTL_SECONDS, SendToGroup};
use crate::frame::error::FrameError;
use crate::message::{Data, Metadata, StreamError};
use crate::{metadata, names};

/// The members of all frames together. Members may come in any order, so the type is known only
/// after the whole object was read. Unknown members are ignored.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    group: Option<Cow<'a, str>>,
    #[serde(borrow)]
    event: Option<Cow<'a, str>>,
    ack_id: Option<u64>,
    no_echo: Option<bool>,
    ttl_seconds: Option<u32>,
    #[serde(borrow)]
    data_type: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    metadata: Option<Metadata>,
    sequence_id: Option<u64>,
    invocation_id: Option<String>,
    #[serde(borrow)]
    target: Option<Cow<'a, str>>,
    stream: Option<StreamMembers>,
    stream_id: Option<String>,
    stream_sequence_id: Option<u64>,
    error: Option<ErrorMembers>,
    state: Option<Metadata>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StreamMembers {
    stream_id: String,
    idle_timeout_ms: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorMembers {
    message: Option<String>,
    user_error_code: Option<String>,
}

pub(crate) fn decode(text: &str) -> Result<ClientFrame, FrameError> {
    serde_json::from_str::<Members<'_>>(text)
        .ok()
        .and_then(Members::into_frame)
        .ok_or(FrameError::Json)
}

impl Members<'_> {
    /// `None` for an unknown type, or if a member that the type needs is missing.
    fn into_frame(self) -> Option<ClientFrame> {
        let ack = self.ack_id;
        match self.kind.to_ascii_lowercase().as_str() {
            "joingroup" => Some(ClientFrame::JoinGroup {
                group: self.group()?,
                ack,
            }),
            "leavegroup" => Some(ClientFrame::LeaveGroup {
                group: self.group()?,
                ack,
            }),
            "sendtogroup" if self.stream.is_some() => self.into_stream_start(),
            "sendtogroup" => self.into_send_to_group(),
            "event" => self.into_event(),
            "ping" => Some(ClientFrame::Ping),
            "sequenceack" => Some(ClientFrame::SequenceAck(self.sequence_id?)),
            "invoke" => self.into_invoke(),
            "cancelinvocation" => Some(ClientFrame::CancelInvocation {
                id: self.invocation_id?,
            }),
            "streamdata" => self.into_stream_data(),
            "streamend" => self.into_stream_end(),
            "setgroupstate" => Some(ClientFrame::SetGroupState {
                group: self.group()?,
                ack,
                state: self.state,
            }),
            "subscribegroupstate" => Some(ClientFrame::SubscribeGroupState {
                group: self.group()?,
                ack,
            }),
            "unsubscribegroupstate" => Some(ClientFrame::UnsubscribeGroupState {
                group: self.group()?,
                ack,
            }),
            _ => None,
        }
    }

    fn group(&self) -> Option<String> {
        self.group.as_deref().map(str::to_owned)
    }

    fn event_name(&self) -> Option<String> {
        self.event
            .as_deref()
            .filter(|name| names::is_event(name))
            .map(str::to_owned)
    }

    fn into_send_to_group(self) -> Option<ClientFrame> {
        let ttl_seconds = self.ttl_seconds.unwrap_or(0);
        if ttl_seconds > MAX_TTL_SECONDS {
            return None;
        }
        Some(ClientFrame::SendToGroup(SendToGroup {
            group: self.group()?,
            ack: self.ack_id,
            no_echo: self.no_echo.unwrap_or(false),
            ttl_seconds,
            data: self.required_data()?,
            metadata: self.metadata()?,
        }))
    }

    fn into_event(self) -> Option<ClientFrame> {
        Some(ClientFrame::Event(Event {
            event: self.event_name()?,
            ack: self.ack_id,
            data: self.required_data()?,
            metadata: self.metadata()?,
        }))
    }

    fn into_invoke(self) -> Option<ClientFrame> {
        if !self
            .target
            .as_deref()
            .is_some_and(|target| target.eq_ignore_ascii_case("event"))
        {
            return None;
        }
        Some(ClientFrame::Invoke {
            event: self.event_name()?,
            data: self.data()?.unwrap_or(Data::Text(Utf8Bytes::default())),
            id: self.invocation_id?,
        })
    }

    fn into_stream_start(self) -> Option<ClientFrame> {
        let group = self.group()?;
        let stream = self.stream?;
        Some(ClientFrame::StreamStart {
            group,
            stream: stream.stream_id,
            no_echo: self.no_echo.unwrap_or(false),
            idle_ms: stream.idle_timeout_ms,
        })
    }

    /// Without a sequence id it only keeps the stream alive.
    fn into_stream_data(self) -> Option<ClientFrame> {
        let part = match self.stream_sequence_id {
            Some(sequence) => Some((sequence, self.data()??)),
            None => None,
        };
        Some(ClientFrame::StreamData {
            stream: self.stream_id?,
            part,
        })
    }

    fn into_stream_end(self) -> Option<ClientFrame> {
        let error = self.error.map(|error| {
            StreamError::by_publisher(error.message.unwrap_or_default(), error.user_error_code)
        });
        Some(ClientFrame::StreamEnd {
            stream: self.stream_id?,
            error,
        })
    }

    /// Data is optional in a frame with metadata.
    fn required_data(&self) -> Option<Data> {
        match self.data()? {
            Some(data) => Some(data),
            None if self.metadata.is_some() => Some(Data::Text(Utf8Bytes::default())),
            None => None,
        }
    }

    /// The outer `None` means invalid data, the inner one no data.
    fn data(&self) -> Option<Option<Data>> {
        let Some(raw) = self.data.map(RawValue::get).filter(|raw| *raw != "null") else {
            return Some(None);
        };
        let kind = self.data_type.as_deref().unwrap_or("json");
        let text = || serde_json::from_str::<String>(raw).ok();
        let base64 = || STANDARD.decode(text()?).ok().map(Bytes::from);
        Some(Some(match kind.to_ascii_lowercase().as_str() {
            "json" => Data::Json(raw.into()),
            "text" => Data::Text(text()?.into()),
            "binary" => Data::Binary(base64()?),
            "protobuf" => Data::Protobuf(base64()?),
            _ => return None,
        }))
    }

    fn metadata(&self) -> Option<Metadata> {
        metadata::checked(self.metadata.iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_text_breaks_the_decoder(text in r#"\{("(type|group|event|data|dataType|ackId|stream)":("joinGroup"|"event"|"text"|[0-9e.-]{1,5}|null|\{\}|"\PC{0,5}"),?){0,6}\}?"#) {
            let _ = decode(&text);
        }
    }

    fn send(frame: &str) -> SendToGroup {
        match decode(frame) {
            Ok(ClientFrame::SendToGroup(send)) => send,
            other => panic!("{frame} became {other:?}"),
        }
    }

    #[track_caller]
    fn refused(frame: &str) {
        assert_eq!(decode(frame), Err(FrameError::Json), "{frame}");
    }

    #[test]
    fn a_type_matches_in_any_letter_case_and_position() {
        assert_eq!(decode(r#"{"type":"PING"}"#), Ok(ClientFrame::Ping));
        assert_eq!(
            decode(r#"{"ackId":7,"group":"g","more":[{}],"type":"joinGROUP"}"#),
            Ok(ClientFrame::JoinGroup {
                group: "g".to_owned(),
                ack: Some(7)
            })
        );
    }

    #[test]
    fn data_is_json_by_default_and_kept_as_written() {
        assert_eq!(
            send(r#"{"type":"sendToGroup","group":"g","data": {"x" : 1.0}}"#).data,
            Data::Json(r#"{"x" : 1.0}"#.into())
        );
        assert_eq!(
            send(r#"{"type":"sendToGroup","group":"g","dataType":"text","data":"a\nü"}"#).data,
            Data::Text("a\nü".into())
        );
        assert_eq!(
            send(r#"{"type":"sendToGroup","group":"g","dataType":"binary","data":"AAEC"}"#).data,
            Data::Binary(Bytes::from_static(&[0, 1, 2]))
        );
    }

    #[test]
    fn data_that_does_not_match_its_type_is_refused() {
        refused(r#"{"type":"sendToGroup","group":"g","dataType":"text","data":5}"#);
        refused(r#"{"type":"sendToGroup","group":"g","dataType":"binary","data":"%"}"#);
        refused(r#"{"type":"sendToGroup","group":"g","dataType":"xml","data":"a"}"#);
        refused(r#"{"type":"sendToGroup","group":"g","data":null}"#);
        refused(r#"{"type":"sendToGroup","group":"g"}"#);
    }

    #[test]
    fn a_frame_with_metadata_needs_no_data() {
        let sent = send(r#"{"type":"sendToGroup","group":"g","metadata":{"K":"v"}}"#);

        assert_eq!(sent.data, Data::Text("".into()));
        assert_eq!(sent.metadata.get("k").map(String::as_str), Some("v"));
    }

    #[test]
    fn required_members_must_be_present() {
        refused(r#"{"type":"joinGroup"}"#);
        refused(r#"{"type":"event","data":1}"#);
        refused(r#"{"type":"event","event":"1 x","data":1}"#);
        refused(r#"{"type":"sequenceAck"}"#);
        refused(r#"{"type":"invoke","invocationId":"1","target":"group","event":"e"}"#);
        refused(r#"{"type":"nonsense"}"#);
        refused(r#"{"group":"g"}"#);
        refused("[]");
        refused("{");
    }

    #[test]
    fn numbers_out_of_range_are_refused() {
        refused(r#"{"type":"joinGroup","group":"g","ackId":-1}"#);
        refused(r#"{"type":"joinGroup","group":"g","ackId":1.5}"#);
        refused(r#"{"type":"sendToGroup","group":"g","data":1,"ttlSeconds":301}"#);
        assert_eq!(
            decode(r#"{"type":"joinGroup","group":"g","ackId":18446744073709551615}"#),
            Ok(ClientFrame::JoinGroup {
                group: "g".to_owned(),
                ack: Some(u64::MAX)
            })
        );
    }

    #[test]
    fn a_stream_begins_with_a_send_without_data() {
        assert_eq!(
            decode(
                r#"{"type":"sendToGroup","group":"g","stream":{"streamId":"s","idleTimeoutMs":5}}"#
            ),
            Ok(ClientFrame::StreamStart {
                group: "g".to_owned(),
                stream: "s".to_owned(),
                no_echo: false,
                idle_ms: Some(5)
            })
        );
        assert_eq!(
            decode(r#"{"type":"streamData","streamId":"s"}"#),
            Ok(ClientFrame::StreamData {
                stream: "s".to_owned(),
                part: None
            })
        );
        refused(r#"{"type":"streamData","streamId":"s","streamSequenceId":1}"#);
    }

    #[test]
    fn an_invocation_needs_no_data() {
        assert_eq!(
            decode(r#"{"type":"invoke","invocationId":"1","target":"event","event":"e"}"#),
            Ok(ClientFrame::Invoke {
                id: "1".to_owned(),
                event: "e".to_owned(),
                data: Data::Text("".into())
            })
        );
    }
}
