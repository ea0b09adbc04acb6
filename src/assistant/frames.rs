//! What a chat's group receives beside the answer itself.

use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Failure;
use crate::ids::target::ChatId;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AssistantFrame)]
#[serde(tag = "type")]
pub enum Frame<'a> {
    #[serde(rename = "assistant.started", rename_all = "camelCase")]
    Started {
        chat_id: &'a ChatId,
        #[schema(value_type = String)]
        message_id: Uuid,
        run: u32,
        reply_to: u64,
    },
    #[serde(rename = "assistant.delta", rename_all = "camelCase")]
    Delta {
        chat_id: &'a ChatId,
        #[schema(value_type = String)]
        message_id: Uuid,
        run: u32,
        index: u64,
        text: &'a str,
    },
    #[serde(rename = "assistant.done", rename_all = "camelCase")]
    Done {
        chat_id: &'a ChatId,
        #[schema(value_type = String)]
        message_id: Uuid,
        seq: u64,
    },
    #[serde(rename = "assistant.failed", rename_all = "camelCase")]
    Failed {
        chat_id: &'a ChatId,
        #[schema(value_type = String)]
        message_id: Uuid,
        run: u32,
        error: Failure,
    },
}
