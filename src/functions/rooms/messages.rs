//! `rooms/{id}/messages`: what was said, and saying something as a back end.

use std::sync::Arc;

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::PUBLISHER;
use super::access::{AccessCheck, AccessQuery, Granted};
use super::path::ConversationPath;
use crate::access::caller::rights::Publisher;
use crate::access::permission::check_reading;
use crate::app::App;
use crate::conversation::attachments;
use crate::conversation::directory;
use crate::conversation::file::Attached;
use crate::conversation::history::{self, Part};
use crate::conversation::log::{Appended, Permit};
use crate::conversation::message::{
    ChatMessageView, DedupKey, Draft, check_client_id, check_content,
};
use crate::conversation::room::Role;
use crate::conversation::{Conversation, ConversationState, session};
use crate::http::extract::{Query, whole_number};
use crate::http::idempotency::{Created, IdempotencyHeader, KeyedCall};
use crate::http::problem::Problem;
use crate::http::problem::responses::{
    Failed, InvalidBody, KeyConflict, NotAdmitted, NotFound, NotPublisher,
};
use crate::ids::user_id::UserId;

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Messages {
    /// Oldest first.
    messages: Vec<ChatMessageView>,
    /// Of the last message that there is; 0 where nothing was said.
    last_seq: u64,
    /// In the direction that was asked for.
    has_more: bool,
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
pub struct NewMessage {
    /// 1 to 2000 characters; none are needed beside a file.
    #[serde(default)]
    content: String,
    /// By which a repeat is known: unique for conversation and sender.
    id: Option<String>,
    /// `publisher` unless said.
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
    ConversationPath(place): ConversationPath,
    Query(query): Query<MessagesQuery>,
) -> Result<Json<Messages>, Problem> {
    let part = Part::new(query.before, query.after)?;
    let entrant = check.run(&app, &place, Role::Reader).await?;
    let top = ConversationState::read(&*app.store, &place).await?;
    match entrant {
        Granted::Administrator(_) => place.check_there(&top)?,
        // Who came in by what `negotiate` remembers is looked at again.
        Granted::Admitted(binding) => check_reading(&binding, &place, &top)?,
    }
    let page = history::page(&*app.store, &place, &top, part, query.limit).await?;
    Ok(Json(Messages {
        messages: page.messages.iter().map(ChatMessageView::from).collect(),
        last_seq: page.last_seq,
        has_more: page.has_more,
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
    request_body = NewMessage,
    responses(
        (status = 200, description = "A message with this `id` was there already", body = ChatMessageView),
        (status = 201, description = "The message", body = ChatMessageView),
        InvalidBody, NotPublisher, NotFound, KeyConflict, Failed,
    )
)]
pub async fn post(
    app: Arc<App>,
    publisher: Publisher,
    ConversationPath(place): ConversationPath,
    call: KeyedCall,
) -> Result<Response, Problem> {
    let wanted = call.read::<NewMessage>()?.checked()?;
    let route = format!("messages of {place}");
    app.idempotency
        .once(&call, publisher.name(), &route, async |uuid| {
            let appended = wanted.say(&app, &place, uuid).await?;
            // The same id: an earlier try of this very call stored it.
            let status = match appended.duplicate && appended.message.uuid != uuid {
                true => StatusCode::OK,
                false => StatusCode::CREATED,
            };
            Created::new(status, &ChatMessageView::from(&appended.message))
        })
        .await
}

/// A message within its limits.
struct Checked {
    content: String,
    id: Option<String>,
    sender: UserId,
    sender_name: Option<String>,
    file: Option<Uuid>,
}

impl NewMessage {
    fn checked(self) -> Result<Checked, Problem> {
        let bad = |error: &dyn std::fmt::Display| Problem::invalid_parameter(error.to_string());
        check_content(&self.content, self.file.is_some()).map_err(|error| bad(&error))?;
        if let Some(id) = &self.id {
            check_client_id(id)?;
        }
        let sender = self.sender_id.map_or_else(|| UserId::parse(PUBLISHER), Ok);
        let name = self.sender_name.as_deref().map(directory::check_name);
        Ok(Checked {
            content: self.content,
            id: self.id,
            sender: sender.map_err(|error| bad(&error))?,
            sender_name: name.transpose()?,
            file: self.file.map(|file| file.file_id),
        })
    }
}

impl Checked {
    async fn say(self, app: &App, place: &Conversation, uuid: Uuid) -> Result<Appended, Problem> {
        let file = attachments::attach(app, place, &self.sender, self.file).await?;
        let marker = match &self.id {
            Some(id) => DedupKey::client_id(self.sender.as_str(), id),
            None => DedupKey::none(uuid),
        };
        let permit = Attached::guarded(file.as_ref(), permit(place.clone()));
        let draft = Draft {
            uuid,
            content: self.content,
            client_id: self.id,
            sender: self.sender,
            sender_name: self.sender_name.unwrap_or_default(),
            file: file.map(|file| file.note),
            marker,
        };
        Ok(app.messages.append(place, draft, permit, None).await?)
    }
}

/// A publisher may speak anywhere. Whom it speaks for is named as the session does, or by id.
fn permit(place: Conversation) -> Permit {
    Box::new(move |top, draft| {
        place.check_there(top)?;
        if draft.sender_name.is_empty() {
            let known = match place {
                Conversation::Session(_) => session::name_of(top, &draft.sender)?,
                Conversation::Room(_) | Conversation::Chat(_) => None,
            };
            draft.sender_name = known.unwrap_or_else(|| draft.sender.to_string());
        }
        Ok(())
    })
}
