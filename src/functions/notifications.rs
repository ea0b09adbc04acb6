//! `notifications`: back ends send them, and each user reads the own inbox.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{IntoParams, ToSchema};

use super::named_user::{CallerQuery, named_user};
use crate::access::caller::rights::Publisher;
use crate::app::{App, AppState};
use crate::conversation::outbox::Order;
use crate::feeds::list::{Filter, Listed};
use crate::feeds::notification::{NewNotification, Notification};
use crate::feeds::read_marks::ReadMarks;
use crate::feeds::size_limit::SizeLimit;
use crate::http::extract::{JsonBody, Query, flag, whole_number};
use crate::http::idempotency::{Created, IdempotencyHeader, KeyedCall};
use crate::http::problem::Problem;
use crate::http::problem::responses::{
    Failed, InvalidBody, InvalidParameter, KeyConflict, NotPublisher, Unauthenticated,
};
use crate::ids::user_id::UserId;

/// The close code of a bad token in requests about notifications.
const BAD_TOKEN_CLOSE_CODE: u16 = 4001;
/// When a notification that is stored and could not be sent is tried again.
const RESEND_DELAY: Duration = Duration::from_secs(10);

#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = NewNotification)]
pub struct NotificationInput {
    #[schema(value_type = String, example = "alice")]
    user_id: UserId,
    /// An object of at most 64 KiB with any keys. `id` (1 to 200 characters) and `timestamp`, both
    /// text, are added if absent. A user gets one notification for each `id`: a repeat changes
    /// nothing, whatever it holds.
    #[schema(value_type = Object, example = json!({ "title": "New message", "body": "From John" }))]
    notification: Box<RawValue>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct AcceptedNotification {
    /// The notification's.
    id: String,
}

/// Newest first.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Notifications {
    notifications: Vec<InboxEntry>,
    /// Whether there are older ones: pass the last `id` as `before`.
    has_more: bool,
}

/// A notification as it was sent. `read` replaces a key of that name.
#[derive(Debug, Serialize, ToSchema)]
pub struct InboxEntry {
    #[serde(flatten)]
    #[schema(value_type = Object)]
    notification: Notification,
    read: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NotificationsQuery {
    /// `true`: unread ones only.
    #[serde(default, deserialize_with = "flag")]
    #[param(value_type = Option<bool>)]
    unread: bool,
    /// 50 by default, at most 200. A page is also cut at 512 KiB.
    #[serde(default, deserialize_with = "whole_number")]
    limit: Option<u64>,
    /// The `id` of a notification: only those that arrived before it.
    before: Option<String>,
}

/// Either `ids` or `all`.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = ReadMarks)]
pub struct ReadMarksInput {
    /// 1 to 100 ids. Those that are not in the inbox are ignored.
    ids: Option<Vec<String>>,
    /// `true`: all that are in the inbox now.
    all: Option<bool>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct UnreadCount {
    /// At most 1000, which stands for 1000 or more.
    unread: usize,
}

/// A user with an inbox.
#[derive(Debug)]
pub struct InboxUser(UserId);

impl From<Listed> for InboxEntry {
    fn from(listed: Listed) -> Self {
        Self {
            notification: listed.notification.without("read"),
            read: listed.is_read,
        }
    }
}

/// `POST /api/notifications`
#[utoipa::path(
    post, path = "/api/notifications", operation_id = "sendNotification", tag = "feeds",
    summary = "Send a notification to a user", security(("bearer" = [])),
    params(IdempotencyHeader), request_body = NotificationInput,
    responses(
        (status = 202, description = "The notification is in the inbox", body = AcceptedNotification),
        InvalidBody, NotPublisher, KeyConflict, Failed,
    )
)]
pub async fn create(
    app: Arc<App>,
    publisher: Publisher,
    call: KeyedCall,
) -> Result<Response, Problem> {
    let input: NotificationInput = call.read()?;
    let new = NewNotification::parse(&input.notification, SizeLimit::HTTP)?;
    app.idempotency
        .once(&call, publisher.name(), "notifications", async |call_id| {
            let id = deliver(&app, input.user_id, new, call_id).await?;
            Created::new(StatusCode::ACCEPTED, &AcceptedNotification { id })
        })
        .await
}

/// Once stored, a notification is accepted: one that could not be sent is left to the queue.
async fn deliver(
    app: &App,
    user_id: UserId,
    new: NewNotification,
    call_id: uuid::Uuid,
) -> Result<String, Problem> {
    let delivered = app.inboxes.deliver(&user_id, new, call_id).await?;
    let id = delivered.id;
    if let Err(error) = delivered.sent {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "notification {id} of {user_id} is stored but could not be sent"
        );
        let order = Order::Notify {
            user_id,
            id: id.clone(),
        };
        app.outbox.put(&order, RESEND_DELAY).await;
    }
    Ok(id)
}

/// `GET /api/notifications`
#[utoipa::path(
    get, path = "/api/notifications", operation_id = "listNotifications", tag = "feeds",
    summary = "The user's notifications, newest first", security(("bearer" = [])),
    params(CallerQuery, NotificationsQuery),
    responses(
        (status = 200, description = "A page of the inbox", body = Notifications),
        InvalidParameter, Unauthenticated, Failed,
    )
)]
pub async fn list(
    app: Arc<App>,
    InboxUser(user): InboxUser,
    Query(query): Query<NotificationsQuery>,
) -> Result<Json<Notifications>, Problem> {
    let filter = if query.unread {
        Filter::Unread
    } else {
        Filter::All
    };
    let (inboxes, before) = (&app.inboxes, query.before.as_deref());
    let page = inboxes.list(&user, filter, before, query.limit).await?;
    let entries = page.notifications.into_iter().map(InboxEntry::from);
    Ok(Json(Notifications {
        notifications: entries.collect(),
        has_more: page.has_more,
    }))
}

/// `POST /api/notifications/read`
#[utoipa::path(
    post, path = "/api/notifications/read", operation_id = "markNotificationsRead", tag = "feeds",
    summary = "Mark some of the user's notifications, or all, as read", security(("bearer" = [])),
    params(CallerQuery), request_body = ReadMarksInput,
    responses(
        (status = 200, description = "They are read. The body is empty"),
        InvalidBody, Unauthenticated, Failed,
    )
)]
pub async fn mark_read(
    app: Arc<App>,
    InboxUser(user): InboxUser,
    JsonBody(input): JsonBody<ReadMarksInput>,
) -> Result<StatusCode, Problem> {
    let marks = ReadMarks::new(input.ids, input.all)?;
    app.inboxes.mark_read(&user, marks).await?;
    Ok(StatusCode::OK)
}

/// `GET /api/notifications/unread-count`
#[utoipa::path(
    get, path = "/api/notifications/unread-count", operation_id = "countUnreadNotifications",
    tag = "feeds", summary = "How many of the user's notifications are unread",
    security(("bearer" = [])), params(CallerQuery),
    responses(
        (status = 200, description = "The number", body = UnreadCount),
        InvalidParameter, Unauthenticated, Failed,
    )
)]
pub async fn unread_count(
    app: Arc<App>,
    InboxUser(user): InboxUser,
) -> Result<Json<UnreadCount>, Problem> {
    let unread = app.inboxes.unread_count(&user).await?;
    Ok(Json(UnreadCount { unread }))
}

impl FromRequestParts<AppState> for InboxUser {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        named_user(parts, state, BAD_TOKEN_CLOSE_CODE)
            .await
            .map(Self)
    }
}
