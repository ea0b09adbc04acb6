//! Creates a chat.

use jiff::Timestamp;

use super::super::head::Head;
use super::super::index::{self, Listed};
use super::super::{ConversationError, ConversationState, keys};
use super::{ChatGuard, ChatView, check_name, conversation, member_list};
use crate::conversation::directory;
use crate::ids::target::ChatId;
use crate::ids::user_id::UserId;
use crate::store::{Store, Write, WriteError};

/// A chat to create.
#[derive(Debug, Clone)]
pub struct NewChat {
    /// Derived from the request, so that a repeated request makes no second chat.
    pub id: ChatId,
    pub name: String,
    pub owner: UserId,
    /// `None` opens the chat to every user of the `chats` channel.
    pub members: Option<Vec<UserId>>,
    pub created_at: Timestamp,
    /// See [`ChatGuard::assistant`].
    pub assistant: bool,
}

/// Creates a chat. If this owner already has a chat of this id, returns that one.
pub async fn create(
    store: &dyn Store,
    new: NewChat,
) -> Result<(ChatGuard, ChatView), ConversationError> {
    let members = new.members.map(|others| member_list(&new.owner, others));
    let guard = ChatGuard {
        name: check_name(&new.name)?.to_owned(),
        members: members.transpose()?,
        owner: new.owner,
        created_at: new.created_at,
        membership: 0,
        deleted: false,
        assistant: new.assistant,
    };
    // Lists first: an entry without a chat is skipped, but a chat without an entry would be lost.
    let listed = Listed::Chat(new.id.clone());
    let lists = match &guard.members {
        None => vec![index::open_chats(), directory::partition(&guard.owner)],
        Some(members) => members.iter().map(directory::partition).collect(),
    };
    index::add_to_all(store, lists, &listed).await?;
    let conversation = conversation(&new.id);
    let write = Write::insert(keys::GUARD, &guard)?;
    let guard = match store.write(&conversation.partition(), vec![write]).await {
        Ok(()) => guard,
        Err(WriteError::Conflict { .. }) => {
            let there: Option<ChatGuard> = ConversationState::read(store, &conversation)
                .await?
                .guard()?;
            there.filter(|there| there.owner == guard.owner).ok_or(
                ConversationError::AlreadyCreated("another user created this chat"),
            )?
        }
        Err(error) => return Err(error.into()),
    };
    let view = ChatView::new(&new.id, &guard, &Head::default(), 0);
    Ok((guard, view))
}
