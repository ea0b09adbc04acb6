//! `rooms/{id}/messages`: the history, and posting as a back end.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::access::{AccessCheck, AccessQuery};
use super::path::ConversationPath;
use crate::access::caller::rights::Publisher;
use crate::app::App;
use crate::assistant::AnswerProgress;
use crate::conversation::history::{self, Part};
use crate::conversation::keys::DedupKey;
use crate::conversation::message::{ChatMessageView, MessageInput};
use crate::conversation::post::{NewMessage, post};
use crate::conversation::room::Role;
use crate::conversation::{Author, Conversation, ConversationState, directory};
use crate::http::extract::{Query, whole_number};
use crate::http::idempotency::{Created, IdempotencyHeader, KeyedCall};
use crate::http::problem::Problem;
use crate::http::problem::responses::{
    Failed, InvalidBody, KeyConflict, NotAdmitted, NotFound, NotPublisher,
};
use crate::ids::user_id::{self, UserId};

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Messages {
    /// Oldest first.
    messages: Vec<ChatMessageView>,
    /// Of the last message that there is; 0 where nothing was said.
    last_seq: u64,
    /// In the direction that was asked for.
    has_more: bool,
    /// The answer of the assistant that is under way in a chat.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    answering: Vec<AnswerProgress>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct MessagesQuery {
    /// Those just before this `seq`. Without `before` and `after`: the newest.
    #[serde(default, deserialize_with = "whole_number")]
    before: Option<u64>,
    /// Those just after this `seq`.
    #[serde(default, deserialize_with = "whole_number")]
    after: Option<u64>,
    /// 50 by default, at most 200.
    #[serde(default, deserialize_with = "whole_number")]
    limit: Option<u64>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewMessageBody {
    /// 1 to 2000 characters; none are needed beside a file.
    #[serde(default)]
    content: String,
    /// By which a repeat is known: unique for conversation and sender.
    id: Option<String>,
    /// `publisher` unless said.
    #[serde(default, deserialize_with = "user_id::named_sender")]
    #[schema(value_type = Option<String>)]
    sender_id: Option<UserId>,
    sender_name: Option<String>,
    /// Uploaded before, by the same sender.
    file: Option<FileReference>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FileReference {
    #[serde(alias = "file_id")]
    #[schema(value_type = String)]
    file_id: Uuid,
}

/// `GET /api/rooms/{id}/messages`
#[utoipa::path(
    get, path = "/api/rooms/{id}/messages", operation_id = "listMessages", tag = "rooms",
    summary = "Messages of a conversation", security((), ("bearer" = [])),
    params(
        ("id" = String, Path, description = "The room, or `chat:<id>`, `session:<id>`"),
        MessagesQuery, AccessQuery,
    ),
    responses(
        (status = 200, description = "A page of messages", body = Messages),
        NotAdmitted, NotFound, Failed,
    )
)]
pub async fn list(
    app: Arc<App>,
    check: AccessCheck,
    ConversationPath(conversation): ConversationPath,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<Messages>, Problem> {
    let part = Part::new(query.before, query.after)?;
    let granted = check.run(&app, &conversation, Role::Reader).await?;
    let state = ConversationState::read(&*app.store, &conversation).await?;
    granted.author(&conversation).can_read(&state)?;
    let store = &*app.store;
    // Before the page: an answer that ends in between is in the page.
    let answering = AnswerProgress::read(store, &app.clock, &conversation, &state).await?;
    let page = history::page(store, &conversation, &state, part, query.limit).await?;
    Ok(Json(Messages {
        messages: page.messages.iter().map(ChatMessageView::from).collect(),
        last_seq: page.last_seq,
        has_more: page.has_more,
        answering,
    }))
}

/// `POST /api/rooms/{id}/messages`
#[utoipa::path(
    post, path = "/api/rooms/{id}/messages", operation_id = "postMessage", tag = "rooms",
    summary = "Post a message as a back end", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The room, or `chat:<id>`, `session:<id>`"),
        IdempotencyHeader,
    ),
    request_body = NewMessageBody,
    responses(
        (status = 200, description = "A message with this `id` was there already", body = ChatMessageView),
        (status = 201, description = "The message", body = ChatMessageView),
        InvalidBody, NotPublisher, NotFound, KeyConflict, Failed,
    )
)]
pub async fn create(
    app: Arc<App>,
    publisher: Publisher,
    ConversationPath(conversation): ConversationPath,
    call: KeyedCall,
) -> Result<Response, Problem> {
    let body = call.read::<NewMessageBody>()?;
    let new = body.read(&conversation)?;
    let route = format!("messages of {conversation}");
    let caller = publisher.name();
    let created = app.idempotency.once(&call, caller, &route, async |uuid| {
        let new = new.with_uuid(uuid);
        let posted = post(&app.messages, &app.attachments, &conversation, new).await?;
        // The same id: an earlier try of this very call stored it.
        let status = match posted.duplicate && posted.message.uuid != uuid {
            true => StatusCode::OK,
            false => StatusCode::CREATED,
        };
        Created::new(status, &ChatMessageView::from(&posted.message))
    });
    created.await
}

impl NewMessageBody {
    /// A back end may post anywhere, and name the user for whom it posts.
    fn read(self, conversation: &Conversation) -> Result<PublishedMessage, Problem> {
        let file = self.file.map(|file| file.file_id);
        let input = MessageInput::new(self.content, self.id, file)
            .map_err(|error| Problem::invalid_parameter(error.to_string()))?;
        let name = self.sender_name.as_deref().map(directory::check_name);
        Ok(PublishedMessage {
            input,
            author: Author::Publisher(conversation.clone()),
            sender: self.sender_id.unwrap_or_else(UserId::publisher),
            sender_name: name.transpose()?.unwrap_or_default(),
        })
    }
}

/// A body within its limits, which still lacks an id.
struct PublishedMessage {
    input: MessageInput,
    author: Author,
    sender: UserId,
    sender_name: String,
}

impl PublishedMessage {
    fn with_uuid(self, uuid: Uuid) -> NewMessage {
        NewMessage {
            uuid,
            input: self.input,
            author: self.author,
            sender: self.sender,
            sender_name: self.sender_name,
            fallback_key: DedupKey::none(uuid),
            join: None,
            asking: None,
        }
    }
}
