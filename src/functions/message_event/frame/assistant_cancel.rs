//! `assistant.cancel`: stops an answer.

use uuid::Uuid;

use super::call::Call;
use super::code::FrameError;
use super::fields::Fields;
use super::reply::Reply;
use crate::assistant::Canceller;
use crate::conversation::Conversation;
use crate::ids::target::ChatId;

#[derive(Debug, PartialEq)]
pub struct AssistantCancel {
    pub chat: ChatId,
    pub message: Uuid,
}

impl AssistantCancel {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let message = Uuid::try_parse(fields.text("messageId")?);
        let invalid = |_| FrameError::invalid("messageId", "the id of an answer");
        Ok(Self {
            chat: fields.chat_id()?,
            message: message.map_err(invalid)?,
        })
    }

    /// There is no reply: everybody in the chat sees how the answer ends.
    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        let conversation = Conversation::Chat(self.chat);
        let canceller = Canceller {
            author: call.author(&conversation),
            user: call.binding().user.clone(),
            is_anonymous: call.binding().is_anonymous(),
            connection: call.connection.id().to_owned(),
        };
        let assistant = &call.app.assistant;
        assistant
            .cancel(&conversation, self.message, &canceller)
            .await?;
        Ok(None)
    }
}
