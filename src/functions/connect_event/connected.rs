//! `connected`: decides once more, then greets.
//!
//! Whoever changed a room or a chat while `connect` was being answered did not find the connection
//! in any group. From now on it is in its groups, and any later change finds it.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use futures_util::future::try_join_all;
use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::timeout;

use super::greeting::greet;
use crate::app::App;
use crate::azure::web_pubsub::{CallError, TIMEOUT};
use crate::conversation::Conversation;
use crate::conversation::room::settle;
use crate::functions::upstream::{Connection, SignedEvent};
use crate::http::problem::Problem;
use crate::ids::target::{ChatId, RoomId, Target};
use crate::store::StoreError;

/// Chats that are decided at the same time.
const CONCURRENCY: usize = 16;

/// The connection may have more than it is allowed.
#[derive(Debug, thiserror::Error)]
enum CheckError {
    #[error("the store could not be read")]
    Store(#[from] StoreError),
    #[error("the service could not be told")]
    Service(#[from] CallError),
    #[error("it took too long")]
    TooLong,
}

pub async fn connected(app: &App, event: SignedEvent) -> Result<Response, Problem> {
    let connection = Connection::of(app, &event)?;
    match check(app, &connection).await {
        Ok(()) => greet(app, &connection).await,
        Err(error) => {
            tracing::error!(
                connection.id = connection.id(),
                error = &error as &dyn std::error::Error,
                "closing a connection: failed to decide again what it may use"
            );
            close(app, connection.id()).await?;
        }
    }
    Ok(StatusCode::OK.into_response())
}

/// Takes away what is no longer allowed. Never gives anything.
async fn check(app: &App, connection: &Connection) -> Result<(), CheckError> {
    let targets = &connection.binding().targets;
    let rooms = targets.iter().filter_map(Target::as_room);
    let chats = targets.iter().filter_map(Target::as_chat);
    let chats = chats.chain(connection.joined());
    let rooms: Vec<_> = rooms
        .map(|room| check_room(app, connection, room))
        .collect();
    let chats: Vec<_> = chats
        .map(|chat| check_chat(app, connection, chat))
        .collect();
    let checked = async {
        try_join_all(rooms).await?;
        let chats = stream::iter(chats).buffer_unordered(CONCURRENCY);
        chats.try_collect::<()>().await
    };
    timeout(TIMEOUT, checked)
        .await
        .unwrap_or(Err(CheckError::TooLong))
}

async fn check_room(app: &App, connection: &Connection, room: &RoomId) -> Result<(), CheckError> {
    let loss = app.admission.room_loss(connection.binding(), room).await?;
    settle::take(&app.hub, room, connection.id(), loss).await?;
    Ok(())
}

async fn check_chat(app: &App, connection: &Connection, chat: &ChatId) -> Result<(), CheckError> {
    let user = &connection.binding().user;
    if app.admission.is_in_chat(user, chat).await? {
        return Ok(());
    }
    let group = Conversation::Chat(chat.clone()).group();
    let hub = &app.hub;
    ignore_gone(
        hub.remove_connection_from_group(&group, connection.id())
            .await,
    )?;
    Ok(())
}

async fn close(app: &App, connection_id: &str) -> Result<(), Problem> {
    let closing = app.hub.close_connection(connection_id, None);
    let closed = match timeout(TIMEOUT, closing).await {
        Ok(closed) => ignore_gone(closed),
        Err(_) => Err(CallError::TooLong),
    };
    closed.map_err(|error| {
        tracing::error!(
            connection.id = connection_id,
            error = &error as &dyn std::error::Error,
            "failed to close a connection"
        );
        Problem::unavailable("failed to decide about this connection")
    })
}

fn ignore_gone(done: Result<(), webpubsub::Error>) -> Result<(), CallError> {
    match done {
        Err(error) if error.is_not_found() => Ok(()),
        done => done.map_err(CallError::from),
    }
}
