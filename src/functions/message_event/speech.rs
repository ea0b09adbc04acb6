//! Frames about what is said.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;

use crate::access::binding::Binding;
use crate::access::permission;
use crate::app::App;
use crate::azure::web_pubsub::join_with_timeout;
use crate::conversation::attachments;
use crate::conversation::file::Attached;
use crate::conversation::log::{Appended, Hook};
use crate::conversation::message::{DedupKey, Draft};
use crate::conversation::{Conversation, ConversationState, history as pages, index};
use crate::functions::message_event::frame::{
    ChatHistory, ChatMessageSent, FrameError, GetHistory, History, MarkRead, MessageInput,
    PostMessage, Reply, SendMessage, Typing,
};
use crate::functions::upstream::Connection;
use crate::ids::user_id::UserId;

/// `SEND_MESSAGE`
pub(super) async fn send_in_chat(
    app: &App,
    connection: &mut Connection,
    request: SendMessage,
) -> Result<Reply, FrameError> {
    let SendMessage { chat, words } = request;
    let place = Conversation::Chat(chat.clone());
    let joined = Arc::new(AtomicBool::new(false));
    let joins = !connection.has_joined(&chat);
    let hook = joins.then(|| -> Hook {
        let (joining, joined) = (join(app, connection, &place), joined.clone());
        Box::pin(async move { joined.store(joining.await, Ordering::Relaxed) })
    });
    let appended = append(app, connection, &place, words, hook).await?;
    if joined.load(Ordering::Relaxed) {
        connection.note_joined(chat.clone());
    }
    Ok(Reply::ChatMessageSent(ChatMessageSent::new(
        chat, &appended,
    )))
}

/// `message`
pub(super) async fn say(
    app: &App,
    connection: &Connection,
    request: PostMessage,
) -> Result<Reply, FrameError> {
    let place = permission::meant(connection.binding(), request.place)?;
    let appended = append(app, connection, &place, request.words, None).await?;
    Ok(Reply::MessageSent((&appended).into()))
}

async fn append(
    app: &App,
    connection: &Connection,
    place: &Conversation,
    words: MessageInput,
    once_stored: Option<Hook>,
) -> Result<Appended, FrameError> {
    let binding = connection.binding();
    let file = attachments::attach(app, place, &binding.user, words.file).await?;
    let marker = match &words.id {
        Some(id) => DedupKey::client_id(binding.user.as_str(), id),
        None => DedupKey::event(connection.id(), &connection.event().id),
    };
    let draft = Draft {
        uuid: app.ids.uuid(),
        content: words.content,
        client_id: words.id,
        sender: binding.user.clone(),
        sender_name: name_in(binding, place),
        file: file.as_ref().map(|file| file.note.clone()),
        marker,
    };
    let permit = Attached::guarded(file.as_ref(), permission::may_speak(binding, place));
    Ok(app
        .messages
        .append(place, draft, permit, once_stored)
        .await?)
}

/// A session knows its participants' names, so a connection without one leaves it to that.
fn name_in(binding: &Binding, place: &Conversation) -> String {
    match place {
        Conversation::Session(_) => binding.name.clone().unwrap_or_default(),
        Conversation::Room(_) | Conversation::Chat(_) => binding.display_name().to_owned(),
    }
}

/// Puts the connection into the chat's group, so that it hears its own message. Whether it is in.
fn join(
    app: &App,
    connection: &Connection,
    chat: &Conversation,
) -> impl Future<Output = bool> + Send + use<> {
    let (hub, id, group) = (app.hub.clone(), connection.id().to_owned(), chat.group());
    async move {
        let joining = async { Ok(hub.add_connection_to_group(&group, &id).await?) };
        let joined = join_with_timeout([joining]).await;
        if let Err(error) = &joined {
            tracing::warn!(
                error = error as &dyn std::error::Error,
                "connection {id} could not join {group}"
            );
        }
        joined.is_ok()
    }
}

/// `history`, `GET_CHAT_HISTORY`
pub(super) async fn history(
    app: &App,
    connection: &mut Connection,
    request: GetHistory,
) -> Result<Reply, FrameError> {
    let place = permission::meant(connection.binding(), request.place)?;
    let top = ConversationState::read(&*app.store, &place).await?;
    permission::check_reading(connection.binding(), &place, &top)?;
    // Joined before it reads, so that nothing falls between the page and what comes live.
    if let Conversation::Chat(id) = &place
        && !connection.has_joined(id)
        && join(app, connection, &place).await
    {
        connection.note_joined(id.clone());
    }
    let page = pages::page(&*app.store, &place, &top, request.part, request.limit).await?;
    Ok(match place {
        Conversation::Chat(id) => Reply::ChatHistory(ChatHistory::new(id, &page)),
        place => Reply::History(History::new(place, &page)),
    })
}

/// What others see of `typing` and `read`.
#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Activity<'a> {
    Typing {
        sender_id: &'a UserId,
        sender_name: &'a str,
        is_typing: bool,
        #[serde(flatten)]
        place: &'a Conversation,
    },
    Read {
        user_id: &'a UserId,
        seq: u64,
        #[serde(flatten)]
        place: &'a Conversation,
    },
}

/// `typing`: whoever may speak may be seen to.
pub(super) async fn typing(
    app: &App,
    connection: &Connection,
    request: Typing,
) -> Result<Option<Reply>, FrameError> {
    let binding = connection.binding();
    let place = permission::meant(binding, request.place)?;
    let top = ConversationState::read(&*app.store, &place).await?;
    let mut draft = Draft {
        uuid: app.ids.uuid(),
        content: String::new(),
        client_id: None,
        sender: binding.user.clone(),
        sender_name: name_in(binding, &place),
        file: None,
        marker: DedupKey::event(connection.id(), &connection.event().id),
    };
    permission::may_speak(binding, &place)(&top, &mut draft)?;
    let sign = Activity::Typing {
        sender_id: &binding.user,
        sender_name: &draft.sender_name,
        is_typing: request.is_typing,
        place: &place,
    };
    // It is over in a moment anyway: nobody is told if it fails.
    let group = place.group();
    let sent = app.courier.to_others(&group, &binding.user, &sign);
    if let Err(error) = join_with_timeout([sent]).await {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            "nobody sees who types"
        );
    }
    Ok(None)
}

/// `read`: how far somebody has read.
pub(super) async fn read(
    app: &App,
    connection: &Connection,
    request: MarkRead,
) -> Result<Option<Reply>, FrameError> {
    let binding = connection.binding();
    let place = permission::meant(binding, request.place)?;
    let top = ConversationState::read(&*app.store, &place).await?;
    permission::check_reading(binding, &place, &top)?;
    if request.seq > top.head.seq {
        return Err(FrameError::invalid(
            "seq",
            "the `seq` of a message that is there",
        ));
    }
    let noted = index::set_read_position(&*app.store, &binding.user, &place, request.seq).await;
    noted.map_err(crate::conversation::ConversationError::from)?;
    let sign = Activity::Read {
        user_id: &binding.user,
        seq: request.seq,
        place: &place,
    };
    let group = place.group();
    let sent = app.courier.to_group(&group, &sign);
    if let Err(error) = join_with_timeout([sent]).await {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "nobody hears how far somebody has read in {place}"
        );
    }
    Ok(None)
}
