//! A file in a message.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ConversationError, ConversationState};

/// The file as the message names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileNote {
    #[schema(value_type = String)]
    pub file_id: Uuid,
    pub name: String,
    pub content_type: String,
    pub size: u64,
}

/// A complete upload. It belongs to one generation of the conversation.
#[derive(Debug, Clone)]
pub struct Attachment {
    pub note: FileNote,
    pub(super) generation: u64,
}

impl Attachment {
    /// A room that was deleted has lost its files.
    pub(super) fn check(&self, state: &ConversationState) -> Result<(), ConversationError> {
        if state.head.generation == self.generation {
            Ok(())
        } else {
            Err(ConversationError::NotFound("there is no such file here"))
        }
    }
}
