//! The schemas of all frames, for the OpenAPI document: a line for each.

use utoipa::ToSchema;
use utoipa::openapi::{RefOr, Schema};

use super::client_frames as client;
use super::code::FrameError;
use super::{
    audio, audio_end, audio_start, authenticate, chat_group, create_chat, delete_chat,
    get_chat_history, get_chats, history, mark_read, ping, post_message, reply, send_message, test,
    typing,
};
use crate::devices::TelemetryFrame;
use crate::recordings::AudioTranscript;

/// The fields of a frame, without its `type`.
pub struct FrameSchema {
    pub kind: &'static str,
    pub fields: RefOr<Schema>,
    /// The schemas that `fields` refers to.
    pub parts: Vec<(String, RefOr<Schema>)>,
}

/// utoipa's schemas have no `Debug`.
impl std::fmt::Debug for FrameSchema {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FrameSchema({})", self.kind)
    }
}

impl FrameSchema {
    fn of<T: ToSchema>(kind: &'static str) -> Self {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        Self {
            kind,
            fields: T::schema(),
            parts,
        }
    }
}

/// Makes a function that describes the frames of a list.
macro_rules! schemas {
    ($(#[$doc:meta])* $name:ident: $($kind:literal => $frame:ty,)+) => {
        $(#[$doc])*
        pub fn $name() -> Vec<FrameSchema> {
            vec![$(FrameSchema::of::<$frame>($kind)),+]
        }
    };
}

schemas! {
    /// The frames that clients send.
    client_frames:
    "ping" => client::Ping,
    "test" => client::Test,
    "audio.start" => client::AudioStart,
    "audio" => client::Audio,
    "audio.end" => client::AudioEnd,
    "authenticate" => client::Authenticate,
    "GET_CHATS" => client::GetChats,
    "CREATE_CHAT" => client::CreateChat,
    "RENAME_CHAT" => client::RenameChat,
    "SET_CHAT_MEMBERS" => client::SetChatMembers,
    "DELETE_CHAT" => client::DeleteChat,
    "SEND_MESSAGE" => client::SendMessage,
    "GET_CHAT_HISTORY" => client::GetChatHistory,
    "message" => client::PostMessage,
    "history" => client::History,
    "typing" => client::Typing,
    "read" => client::MarkRead,
    "ask" => client::Ask,
    "assistant.cancel" => client::AssistantCancel,
}

schemas! {
    /// The frames that the server sends, apart from stored messages and greetings.
    server_frames:
    "pong" => ping::Pong,
    "test_response" => test::TestResponse,
    "audio_started" => audio_start::AudioStarted,
    "audio_received" => audio::AudioReceived,
    "audio_summary" => audio_end::AudioSummary,
    "audio_transcript" => AudioTranscript,
    "telemetry" => TelemetryFrame<'_>,
    "authenticated" => authenticate::Authenticated,
    "CHATS" => get_chats::Chats,
    "CHAT_CREATED" => create_chat::ChatCreated,
    "CHAT_UPDATED" => chat_group::ChatUpdated,
    "CHAT_DELETED" => delete_chat::ChatDeleted,
    "MESSAGE_SENT" => send_message::MessageSent,
    "CHAT_HISTORY" => get_chat_history::ChatHistory,
    "message_sent" => post_message::MessageSent,
    "history" => history::HistoryPage,
    "typing" => typing::TypingFrame<'_>,
    "read" => mark_read::ReadFrame<'_>,
    "ok" => reply::Done,
    "error" => FrameError,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::{Map, Value, json};
    use webpubsub::upstream::EventData;

    use super::super::code::{Code, FrameError};
    use super::super::{Frame, parse};
    use super::*;

    /// A frame's fields as the document describes them.
    struct Described {
        kind: &'static str,
        required: Vec<String>,
        examples: BTreeMap<String, Value>,
    }

    impl Described {
        fn of(frame: FrameSchema) -> Self {
            let parts = frame.parts.iter();
            let parts: BTreeMap<_, _> = parts
                .map(|(name, schema)| (name.clone(), json!(schema)))
                .collect();
            let fields = json!(frame.fields);
            let names = fields["required"].as_array().cloned().unwrap_or_default();
            let properties = fields["properties"].as_object().cloned();
            let examples = properties.unwrap_or_default();
            Self {
                kind: frame.kind,
                required: names
                    .iter()
                    .map(|name| name.as_str().unwrap().to_owned())
                    .collect(),
                examples: examples
                    .into_iter()
                    .map(|(name, schema)| {
                        let value = example(&schema, &parts);
                        (name, value)
                    })
                    .collect(),
            }
        }

        fn optional(&self) -> impl Iterator<Item = &String> {
            let names = self.examples.keys();
            names.filter(|name| !self.required.contains(name))
        }

        /// Reads a frame that has these fields and no others.
        fn read<'a>(&self, names: impl Iterator<Item = &'a String>) -> Result<Frame, FrameError> {
            let fields = names.map(|name| (name.clone(), self.examples[name].clone()));
            let fields: Map<_, _> = fields.collect();
            let text = Value::Object(fields).to_string();
            parse(self.kind, &EventData::Text(text)).frame
        }
    }

    fn example(schema: &Value, parts: &BTreeMap<String, Value>) -> Value {
        if let Some(example) = schema.get("example") {
            return example.clone();
        }
        if let Some(reference) = schema["$ref"].as_str() {
            return example(&parts[reference.rsplit('/').next().unwrap()], parts);
        }
        if let Some(of) = schema["oneOf"].as_array().or(schema["allOf"].as_array()) {
            let not_null = |schema: &&Value| schema["type"] != "null";
            return example(of.iter().find(not_null).unwrap(), parts);
        }
        if let Some(values) = schema["enum"].as_array() {
            return values[0].clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").unwrap(),
            kind => kind,
        };
        match kind.as_str().unwrap() {
            "string" => json!("x"),
            "integer" | "number" => json!(3),
            "boolean" => json!(true),
            "array" => json!([example(&schema["items"], parts)]),
            _ => {
                let properties = schema["properties"].as_object().unwrap();
                let members = properties
                    .iter()
                    .map(|(name, schema)| (name.clone(), example(schema, parts)));
                Value::Object(members.collect())
            }
        }
    }

    #[test]
    fn every_frame_that_clients_may_send_is_described() {
        let described: Vec<_> = client_frames().iter().map(|frame| frame.kind).collect();

        assert_eq!(described, Frame::TYPES);
    }

    #[test]
    fn a_frame_as_it_is_described_can_be_read() {
        for frame in client_frames().into_iter().map(Described::of) {
            let required = || frame.required.iter();
            assert!(frame.read(required()).is_ok(), "{}", frame.kind);

            for optional in frame.optional() {
                let read = frame.read(required().chain([optional]));
                assert!(read.is_ok(), "{} with {optional}: {read:?}", frame.kind);
            }
        }
    }

    #[test]
    fn a_frame_without_a_field_that_is_described_as_required_is_refused() {
        for frame in client_frames().into_iter().map(Described::of) {
            for missing in &frame.required {
                let others = frame.required.iter().filter(|name| *name != missing);

                let refused = frame.read(others).unwrap_err();

                assert_eq!(refused.code, Code::MissingField, "{} {missing}", frame.kind);
            }
        }
    }

    /// A field of which the parser knows nothing would be ignored.
    #[test]
    fn every_described_field_is_read() {
        for frame in client_frames().into_iter().map(Described::of) {
            for name in frame.examples.keys() {
                let mut fields: Map<_, _> = frame
                    .required
                    .iter()
                    .map(|name| (name.clone(), frame.examples[name].clone()))
                    .collect();
                fields.insert(name.clone(), json!([[0]]));
                let text = Value::Object(fields).to_string();

                let refused = parse(frame.kind, &EventData::Text(text)).frame.unwrap_err();

                assert_eq!(refused.code, Code::InvalidField, "{} {name}", frame.kind);
            }
        }
    }
}
