//! What a frame works with: the app, and the connection that sent the frame.

use serde_json::Value;

use super::code::{Code, FrameError};
use crate::access::binding::Binding;
use crate::access::permission::author;
use crate::app::App;
use crate::azure::web_pubsub::join_with_timeout;
use crate::conversation::{Author, Conversation, ConversationState, chat};
use crate::functions::upstream::Connection;
use crate::ids::target::{Channel, ChatId, Target};

#[derive(Debug)]
pub struct Call<'a> {
    pub app: &'a App,
    pub connection: &'a mut Connection,
    /// The id that the reply repeats.
    pub request_id: Option<Value>,
}

impl Call<'_> {
    pub fn binding(&self) -> &Binding {
        self.connection.binding()
    }

    pub fn check_channel(&self, channel: Channel) -> Result<(), FrameError> {
        if self.binding().has_channel(channel) {
            return Ok(());
        }
        Err(FrameError::new(
            Code::Forbidden,
            format!("this connection is not for {channel}: negotiate it with `channel={channel}`"),
        ))
    }

    /// The connection's authority in a conversation.
    pub fn author(&self, conversation: &Conversation) -> Author {
        author(self.binding(), conversation)
    }

    /// The conversation that the frame names, or the only one that the connection is bound to.
    pub fn conversation(&self, named: Option<Conversation>) -> Result<Conversation, FrameError> {
        if let Some(named) = named {
            return Ok(named);
        }
        let targets = &self.binding().targets;
        let mut bound = targets.iter().filter_map(|target| match target {
            Target::Chat(_) => None,
            other => Conversation::of(other),
        });
        match (bound.next(), bound.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(FrameError::new(
                Code::MissingField,
                "`room_id` or `session_id` is missing, and this connection is bound to neither",
            )),
            (Some(_), Some(_)) => Err(FrameError::new(
                Code::MissingField,
                "`room_id` or `session_id` is missing, and this connection is bound to several",
            )),
        }
    }

    /// Puts the connection into a chat's group, unless it joined under the present membership.
    /// Returns the state that decided last.
    pub async fn join(
        &mut self,
        chat: &ChatId,
        state: ConversationState,
    ) -> Result<ConversationState, FrameError> {
        let membership = chat::existing(&state)?.membership;
        if self.connection.joined_under(chat) == Some(membership) {
            return Ok(state);
        }
        let group = Conversation::Chat(chat.clone()).group();
        let joining = [self.connection.id()];
        if self
            .app
            .courier
            .join_group(&group, joining)
            .await
            .is_empty()
        {
            return Ok(state);
        }
        self.confirm_joined(chat, membership).await
    }

    /// Reads the chat again after its group was joined, and leaves the group if the user was
    /// removed in between: the removal may have looked at the group before the connection was in
    /// it.
    pub async fn confirm_joined(
        &mut self,
        chat: &ChatId,
        membership: u64,
    ) -> Result<ConversationState, FrameError> {
        let conversation = Conversation::Chat(chat.clone());
        match self.readable(&conversation).await {
            Ok(state) => {
                // Under another number the next message joins again.
                if chat::existing(&state)?.membership == membership {
                    self.connection.note_joined(chat.clone(), membership);
                }
                Ok(state)
            }
            Err(refused) => {
                let (hub, id) = (&self.app.hub, self.connection.id());
                let group = conversation.group();
                let leaving = async { Ok(hub.remove_connection_from_group(&group, id).await?) };
                if let Err(error) = join_with_timeout([leaving]).await {
                    tracing::error!(
                        connection.id = id,
                        error = &error as &dyn std::error::Error,
                        "failed to remove a connection from {group}, whose chat it may not read"
                    );
                }
                Err(refused)
            }
        }
    }

    /// The conversation as it is now, if the connection may read it.
    pub async fn readable(
        &self,
        conversation: &Conversation,
    ) -> Result<ConversationState, FrameError> {
        let state = ConversationState::read(&*self.app.store, conversation).await?;
        self.author(conversation).can_read(&state)?;
        Ok(state)
    }
}
