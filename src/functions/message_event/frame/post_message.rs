//! `message`: posts in a room or a session.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::access::binding::Binding;
use crate::conversation::Conversation;
use crate::conversation::chat::ChatJoin;
use crate::conversation::keys::DedupKey;
use crate::conversation::log::Posted;
use crate::conversation::message::MessageInput;
use crate::conversation::post::{NewMessage, post};

#[derive(Debug, PartialEq)]
pub struct PostMessage {
    pub conversation: Option<Conversation>,
    pub input: MessageInput,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "message_sent")]
pub(super) struct MessageSent {
    #[schema(value_type = String)]
    message_id: Uuid,
    seq: u64,
    duplicate: bool,
}

impl PostMessage {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        Ok(Self {
            conversation: fields.conversation()?,
            input: read_input(fields)?,
        })
    }

    /// Without a `requestId` there is no reply: the sender receives the broadcast.
    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let conversation = call.conversation(self.conversation)?;
        let posted = post_from(call, &conversation, self.input, None).await?;
        let reply = || {
            Reply::of(&MessageSent {
                message_id: posted.message.uuid,
                seq: posted.message.seq,
                duplicate: posted.duplicate,
            })
        };
        Ok(call.request_id.is_some().then(reply))
    }
}

/// The fields of a message, which a frame holds itself or in `message`.
pub(super) fn read_input(fields: &Fields) -> Result<MessageInput, FrameError> {
    let id = fields.get("id").map(|_| fields.text("id")).transpose()?;
    let file = fields.file()?;
    let content = match (fields.get("content"), file) {
        (None, Some(_)) => "",
        _ => fields.text("content")?,
    };
    Ok(MessageInput::new(
        content.to_owned(),
        id.map(str::to_owned),
        file,
    )?)
}

/// Posts on behalf of the connection.
pub(super) async fn post_from(
    call: &Call<'_>,
    conversation: &Conversation,
    input: MessageInput,
    join: Option<ChatJoin>,
) -> Result<Posted, FrameError> {
    let (app, connection) = (call.app, &*call.connection);
    let new = NewMessage {
        uuid: app.ids.uuid(),
        input,
        author: call.author(conversation),
        sender: call.binding().user.clone(),
        sender_name: sender_name(call.binding(), conversation),
        fallback_key: DedupKey::event(connection.id(), &connection.event().id),
        join,
    };
    Ok(post(&app.messages, &app.attachments, conversation, new).await?)
}

/// A session knows its participants' names, so a connection without a name leaves it empty.
pub(super) fn sender_name(binding: &Binding, conversation: &Conversation) -> String {
    match conversation {
        Conversation::Session(_) => binding.name.clone().unwrap_or_default(),
        Conversation::Room(_) | Conversation::Chat(_) => binding.display_name().to_owned(),
    }
}
