//! `ask`: asks the assistant in a chat.

use super::call::Call;
use super::code::{Code, FrameError};
use super::fields::Fields;
use super::post_message::{Asks, read_input};
use super::reply::Reply;
use super::send_message::send;
use crate::conversation::message::MessageInput;
use crate::ids::target::ChatId;

#[derive(Debug, PartialEq)]
pub struct Ask {
    pub chat: ChatId,
    pub input: MessageInput,
}

impl Ask {
    pub(super) fn read(fields: &Fields) -> Result<Self, FrameError> {
        let chat = fields.chat_id()?;
        // A frame that names two conversations is refused, as everywhere.
        fields.conversation()?;
        // What is in a file the assistant cannot read.
        if fields.get("file").is_some() {
            return Err(FrameError::invalid("file", "absent in a question"));
        }
        Ok(Self {
            chat,
            input: read_input(fields)?,
        })
    }

    pub(super) async fn apply(self, call: &mut Call<'_>) -> Result<Option<Reply>, FrameError> {
        check_assistant(call)?;
        send(call, self.chat, self.input, Asks::Explicitly).await
    }
}

/// Whether the connection's user may ask, and somebody answers.
pub(super) fn check_assistant(call: &Call<'_>) -> Result<(), FrameError> {
    let assistant = &call.app.assistant;
    if !assistant.is_available() {
        return Err(FrameError::new(
            Code::Unavailable,
            "no assistant is set up here",
        ));
    }
    if !assistant.admits(call.binding().is_anonymous()) {
        return Err(FrameError::new(
            Code::Forbidden,
            "sign in to ask the assistant",
        ));
    }
    Ok(())
}
