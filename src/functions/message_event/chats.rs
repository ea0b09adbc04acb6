//! Frames about chats: what is asked for is done, and whoever else must know is told.

use uuid::Builder;
use webpubsub::filter;

use crate::app::App;
use crate::azure::web_pubsub::{CallError, join_with_timeout};
use crate::conversation::chat::{self, Change, ChatGuard, NewChat};
use crate::conversation::{Conversation, keys};
use crate::functions::message_event::frame::{
    ChangeChat, ChatEvent, Chats, Code, CreateChat, DeletedChat, FrameError, GetChats, Reply,
};
use crate::functions::upstream::Connection;
use crate::ids::target::{Channel, ChatId};
use crate::ids::user_id::UserId;

/// How many users one call to the service names.
const USERS_A_CALL: usize = 20;

/// `GET_CHATS`
pub(super) async fn list(
    app: &App,
    connection: &Connection,
    request: GetChats,
) -> Result<Reply, FrameError> {
    check_channel(connection)?;
    let (user, cursor) = (&connection.binding().user, request.cursor.as_ref());
    let page = chat::list(&*app.store, user, cursor, request.limit).await?;
    Ok(Reply::Chats(Chats::from(page)))
}

/// `CREATE_CHAT`
pub(super) async fn create(
    app: &App,
    connection: &mut Connection,
    request: CreateChat,
) -> Result<Reply, FrameError> {
    check_channel(connection)?;
    let new = NewChat {
        id: chat_id(app, connection)?,
        name: request.name,
        owner: connection.binding().user.clone(),
        members: request.members,
        created_at: app.clock.now(),
    };
    let id = new.id.clone();
    let (guard, view) = chat::create(&*app.store, new).await?;
    let news = ChatEvent { chat: view };
    // From here on it is there. Whoever cannot be told now joins on turning to it.
    let joined = gather(app, &id, &guard).await;
    warn_if_failed("its members' connections could not join", &id, joined);
    connection.note_joined(id.clone());
    tell_others(app, connection, &id, &Reply::ChatCreated(news.clone())).await;
    Ok(Reply::ChatCreated(news))
}

/// `RENAME_CHAT`, `SET_CHAT_MEMBERS`, `DELETE_CHAT`
pub(super) async fn change(
    app: &App,
    connection: &Connection,
    request: ChangeChat,
) -> Result<Reply, FrameError> {
    let ChangeChat { chat: id, change } = request;
    let user = &connection.binding().user;
    let changed = chat::change(&*app.store, &id, user, &change).await?;
    if let Some(leftovers) = &changed.leftovers {
        app.sweeper.take(&*app.store, leftovers).await;
    }
    let reply = match change {
        Change::Delete => Reply::ChatDeleted(DeletedChat {
            chat_id: id.clone(),
        }),
        Change::Rename(_) => Reply::ChatUpdated(ChatEvent { chat: changed.view }),
        Change::Members(_) => {
            // Who is out must hear nothing more, so this comes first, and is no success before
            // it is done. To ask again does it again.
            if let Err(error) = put_out_others(app, &id, &changed.guard).await {
                warn_if_failed("removed members could not be put out", &id, Err(error));
                return Err(FrameError::new(
                    Code::Unavailable,
                    "the members are changed, but who was removed may still listen: send it again",
                ));
            }
            let joined = gather(app, &id, &changed.guard).await;
            warn_if_failed("its members' connections could not join", &id, joined);
            Reply::ChatUpdated(ChatEvent { chat: changed.view })
        }
    };
    tell_others(app, connection, &id, &reply).await;
    Ok(reply)
}

fn check_channel(connection: &Connection) -> Result<(), FrameError> {
    if connection.binding().has_channel(Channel::Chats) {
        return Ok(());
    }
    Err(FrameError::new(
        Code::Forbidden,
        "this connection is not for chats: negotiate it with `channel=chats`",
    ))
}

/// Begins with the time, so that ids sort, and the rest follows from the event, so that the
/// service's own retry of it makes the same id and no second chat.
fn chat_id(app: &App, connection: &Connection) -> Result<ChatId, FrameError> {
    let event = connection.event();
    let time = event.time.unwrap_or_else(|| app.clock.now());
    let hash = keys::digest(&["chat", connection.id(), &event.id]);
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    let millis = time.as_millisecond().max(0).unsigned_abs();
    let id = Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
    let id = id.simple().to_string().parse();
    id.map_err(|_| FrameError::new(Code::Internal, "no id can be made for this chat"))
}

/// Puts the open connections of those who may take part into the chat's group.
async fn gather(app: &App, id: &ChatId, guard: &ChatGuard) -> Result<(), CallError> {
    let group = [Conversation::Chat(id.clone()).group()];
    let for_chats = || filter::in_group("channel:chats");
    let calls = match &guard.members {
        None => vec![for_chats()],
        Some(members) => {
            let some = members.chunks(USERS_A_CALL);
            let of = |users: &[UserId]| filter::user_id_in(users.iter().map(UserId::as_str));
            some.map(|users| of(users).and(for_chats())).collect()
        }
    };
    let group = &group;
    let calls = calls
        .into_iter()
        .map(|filter| async move { Ok(app.hub.add_connections_to_groups(group, &filter).await?) });
    join_with_timeout(calls.collect::<Vec<_>>()).await
}

/// Takes everyone who is no member out of the chat's group.
async fn put_out_others(app: &App, id: &ChatId, guard: &ChatGuard) -> Result<(), CallError> {
    let Some(members) = &guard.members else {
        return Ok(());
    };
    let group = Conversation::Chat(id.clone()).group();
    let members = filter::user_id_in(members.iter().map(UserId::as_str));
    let others = filter::in_group(&group).and(members.not());
    let groups = [group];
    let call = async {
        Ok(app
            .hub
            .remove_connections_from_groups(&groups, &others)
            .await?)
    };
    join_with_timeout([call]).await
}

async fn tell_others(app: &App, connection: &Connection, id: &ChatId, news: &Reply) {
    let group = Conversation::Chat(id.clone()).group();
    let told = app
        .courier
        .to_other_connections(&group, connection.id(), news);
    warn_if_failed(
        "others could not be told",
        id,
        join_with_timeout([told]).await,
    );
}

fn warn_if_failed(what: &str, id: &ChatId, done: Result<(), CallError>) {
    if let Err(error) = done {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "chat {id}: {what}"
        );
    }
}
