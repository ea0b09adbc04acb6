//! `CREATE_CHAT`

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Builder;

use super::call::Call;
use super::chat_group::{ChatGroup, Joined};
use super::code::{Code, FrameError};
use super::fields::Fields;
use super::reply::Reply;
use crate::conversation::chat::{self, ChatView, NewChat};
use crate::conversation::keys;
use crate::ids::target::{Channel, ChatId};
use crate::ids::user_id::UserId;

#[derive(Debug, PartialEq)]
pub struct CreateChat {
    pub name: String,
    pub members: Option<Vec<UserId>>,
}

#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "CHAT_CREATED")]
pub(super) struct ChatCreated {
    chat: ChatView,
}

impl CreateChat {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        if fields.flag("assistant")?.unwrap_or(false) {
            return Err(FrameError::new(
                Code::Unavailable,
                "no assistant is set up here",
            ));
        }
        Ok(Self {
            name: fields.text("name")?.to_owned(),
            members: fields.users("members")?,
        })
    }

    /// Once the chat is stored nothing can fail: a connection that cannot join now joins when its
    /// client opens the chat.
    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        call.check_channel(Channel::Chats)?;
        let caller = call.binding().rate_limit_key();
        call.app
            .create_chat_limit
            .admit(caller, call.app.clock.seconds())?;
        let new = NewChat {
            id: chat_id(call)?,
            name: self.name,
            owner: call.binding().user.clone(),
            members: self.members,
            created_at: call.app.clock.now(),
        };
        let id = new.id.clone();
        let (guard, view) = chat::create(&*call.app.store, new).await?;
        let group = ChatGroup::new(call.app, &id);
        match group.join_members(&guard).await {
            Ok(Joined::All) => call.connection.note_joined(id.clone(), guard.membership),
            Ok(Joined::Some | Joined::Overtaken) => {}
            Err(error) => tracing::warn!(
                error = &error as &dyn std::error::Error,
                "chat {id}: cannot tell whether its members changed while they joined"
            ),
        }
        let created = ChatCreated { chat: view };
        let caller = call.connection.id();
        group.notify_others(caller, &guard, &created).await;
        Ok(Some(Reply::of(&created)))
    }
}

/// Begins with the time, so that ids sort; the rest derives from the event, so that the service's
/// retry of the event makes no second chat.
fn chat_id(call: &Call<'_>) -> Result<ChatId, FrameError> {
    let event = call.connection.event();
    let time = event.time.unwrap_or_else(|| call.app.clock.now());
    let hash = keys::digest(&["chat", call.connection.id(), &event.id]);
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    let millis = time.as_millisecond().max(0).unsigned_abs();
    let id = Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
    let id = id.simple().to_string().parse();
    id.map_err(|_| FrameError::new(Code::Internal, "failed to make an id for this chat"))
}
