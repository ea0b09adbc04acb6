//! What a frame works with: the app, and the connection that sent the frame.

use serde_json::Value;

use super::code::{Code, FrameError};
use crate::access::binding::Binding;
use crate::access::permission::author;
use crate::app::App;
use crate::conversation::{Author, Conversation};
use crate::functions::upstream::Connection;
use crate::ids::target::{Channel, Target};

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

    /// Puts the connection into a chat's group, unless it has joined already.
    pub async fn join(&mut self, chat: &Conversation) {
        let Conversation::Chat(id) = chat else {
            return;
        };
        if self.connection.has_joined(id) {
            return;
        }
        let (group, connection) = (chat.group(), self.connection.id());
        let joined = self.app.courier.join_group(&group, [connection]).await;
        if !joined.is_empty() {
            self.connection.note_joined(id.clone());
        }
    }
}
