//! `UpstreamMessage`: what a protobuf client asks for.

use bytes::Bytes;

use super::wire::{Value, fields};
use crate::frame::{BadFrame, ClientFrame, Event, SendToGroup};
use crate::message::{Data, Metadata};
use crate::{metadata, names};

const MAX_TTL_SECONDS: u32 = 300;

pub(crate) fn decode(bytes: Bytes) -> Result<ClientFrame, BadFrame> {
    upstream_message(bytes).ok_or(BadFrame::Protobuf)
}

/// `None` where the bytes make no sense, or ask for nothing that is known.
fn upstream_message(bytes: Bytes) -> Option<ClientFrame> {
    // Of several members of a oneof the last one counts.
    let (number, value) = fields(bytes).collect::<Option<Vec<_>>>()?.pop()?;
    let body = value.bytes()?;
    match number {
        1 => send_to_group(body),
        5 => event(body),
        6 => group_and_ack(body).map(|(group, ack)| ClientFrame::JoinGroup { group, ack }),
        7 => group_and_ack(body).map(|(group, ack)| ClientFrame::LeaveGroup { group, ack }),
        8 => first(body, 1).map(|value| ClientFrame::SequenceAck(value.varint().unwrap_or(0))),
        9 => Some(ClientFrame::Ping),
        15 => set_group_state(body),
        16 => {
            group_and_ack(body).map(|(group, ack)| ClientFrame::SubscribeGroupState { group, ack })
        }
        17 => group_and_ack(body)
            .map(|(group, ack)| ClientFrame::UnsubscribeGroupState { group, ack }),
        _ => None,
    }
}

fn send_to_group(body: Bytes) -> Option<ClientFrame> {
    let (mut group, mut ack, mut data, mut no_echo, mut ttl) = (None, None, None, false, 0);
    let mut stream = None;
    let mut pairs = Vec::new();
    for field in fields(body) {
        match field? {
            (1, value) => group = Some(value.text()?),
            (2, value) => ack = Some(value.varint()?),
            (3, value) => data = message_data(value.bytes()?)?,
            (4, value) => no_echo = value.varint()? != 0,
            (5, value) => ttl = u32::try_from(value.varint()?).ok()?,
            (6, value) => pairs.push(map_entry(value.bytes()?)?),
            (7, value) => stream = Some(value.bytes()?),
            _ => {}
        }
    }
    let group = group?;
    if let Some(stream) = stream {
        return stream_start(group, no_echo, stream);
    }
    (ttl <= MAX_TTL_SECONDS).then_some(())?;
    Some(ClientFrame::SendToGroup(SendToGroup {
        group,
        ack,
        no_echo,
        ttl_seconds: ttl,
        data: data_or_metadata(data, &pairs)?,
        metadata: metadata::checked(pairs.iter().map(|(key, value)| (key, value)))?,
    }))
}

fn stream_start(group: String, no_echo: bool, body: Bytes) -> Option<ClientFrame> {
    let (mut stream, mut idle_ms) = (None, None);
    for field in fields(body) {
        match field? {
            (1, value) => stream = Some(value.text()?),
            (2, value) => idle_ms = Some(value.varint()?),
            _ => {}
        }
    }
    Some(ClientFrame::StreamStart {
        group,
        stream: stream?,
        no_echo,
        idle_ms,
    })
}

fn event(body: Bytes) -> Option<ClientFrame> {
    let (mut event, mut ack, mut data) = (None, None, None);
    let mut pairs = Vec::new();
    for field in fields(body) {
        match field? {
            (1, value) => event = Some(value.text()?),
            (2, value) => data = message_data(value.bytes()?)?,
            (3, value) => ack = Some(value.varint()?),
            (4, value) => pairs.push(map_entry(value.bytes()?)?),
            _ => {}
        }
    }
    Some(ClientFrame::Event(Event {
        event: event.filter(|name| names::is_event(name))?,
        ack,
        data: data_or_metadata(data, &pairs)?,
        metadata: metadata::checked(pairs.iter().map(|(key, value)| (key, value)))?,
    }))
}

fn set_group_state(body: Bytes) -> Option<ClientFrame> {
    let (mut group, mut ack, mut state) = (None, None, None);
    for field in fields(body) {
        match field? {
            (1, value) => group = Some(value.text()?),
            (2, value) => ack = Some(value.varint()?),
            (3, value) => state = Some(text_map(value.bytes()?)?),
            _ => {}
        }
    }
    Some(ClientFrame::SetGroupState {
        group: group?,
        ack,
        state,
    })
}

fn group_and_ack(body: Bytes) -> Option<(String, Option<u64>)> {
    let (mut group, mut ack) = (None, None);
    for field in fields(body) {
        match field? {
            (1, value) => group = Some(value.text()?),
            (2, value) => ack = Some(value.varint()?),
            _ => {}
        }
    }
    Some((group?, ack))
}

/// `MessageData`: the outer `None` makes no sense, the inner one holds nothing.
fn message_data(body: Bytes) -> Option<Option<Data>> {
    let mut data = None;
    for field in fields(body) {
        match field? {
            (1, value) => data = Some(Data::Text(value.text()?.into())),
            (2, value) => data = Some(Data::Binary(value.bytes()?)),
            (3, value) => data = Some(Data::Protobuf(value.bytes()?)),
            (4, value) => {
                let text = value.text()?;
                crate::frame::json::is_value(&text).then_some(())?;
                data = Some(Data::Json(text.into()));
            }
            _ => {}
        }
    }
    Some(data)
}

fn data_or_metadata(data: Option<Data>, pairs: &[(String, String)]) -> Option<Data> {
    data.or_else(|| (!pairs.is_empty()).then(|| Data::Text("".into())))
}

/// A message whose field 1 is a `map<string, string>`.
fn text_map(body: Bytes) -> Option<Metadata> {
    let mut map = Metadata::new();
    for field in fields(body) {
        if let (1, value) = field? {
            let (key, value) = map_entry(value.bytes()?)?;
            map.insert(key, value);
        }
    }
    Some(map)
}

fn map_entry(body: Bytes) -> Option<(String, String)> {
    let (mut key, mut text) = (String::new(), String::new());
    for field in fields(body) {
        match field? {
            (1, value) => key = value.text()?,
            (2, value) => text = value.text()?,
            _ => {}
        }
    }
    Some((key, text))
}

/// The value of one field; a message without it holds the number 0.
fn first(body: Bytes, wanted: u32) -> Option<Value> {
    let mut found = Value::Varint(0);
    for field in fields(body) {
        let (number, value) = field?;
        if number == wanted {
            found = value;
        }
    }
    Some(found)
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

    fn decoded(base64: &str) -> Result<ClientFrame, BadFrame> {
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
    fn bytes_that_make_no_sense_are_refused() {
        assert_eq!(decode(Bytes::new()), Err(BadFrame::Protobuf));
        assert_eq!(
            decode(Bytes::from_static(b"hello")),
            Err(BadFrame::Protobuf)
        );
        // JSON data that is not JSON, and a join without a group.
        assert_eq!(decoded("CgsKAWcQAhoEIgJ7eA=="), Err(BadFrame::Protobuf));
        assert_eq!(decoded("MgIQAQ=="), Err(BadFrame::Protobuf));
    }
}
