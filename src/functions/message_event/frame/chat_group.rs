//! The open connections that receive what is sent to a chat.

use serde::Serialize;
use utoipa::ToSchema;
use webpubsub::filter::{self, Filter};

use crate::app::App;
use crate::azure::web_pubsub::{CallError, join_with_timeout};
use crate::conversation::chat::{ChatGuard, ChatView};
use crate::conversation::{Conversation, ConversationState};
use crate::ids::target::ChatId;
use crate::ids::user_id::UserId;
use crate::store::StoreError;

/// How many users one call to the service names.
const USERS_PER_CALL: usize = 20;
/// The group of every connection for chats.
const CHANNEL: &str = "channel:chats";

/// `CHAT_UPDATED`
#[derive(Serialize, ToSchema)]
#[serde(tag = "type", rename = "CHAT_UPDATED")]
pub(super) struct ChatUpdated {
    pub(super) chat: ChatView,
}

pub(super) struct ChatGroup<'a> {
    app: &'a App,
    id: &'a ChatId,
    name: String,
}

impl<'a> ChatGroup<'a> {
    pub(super) fn new(app: &'a App, id: &'a ChatId) -> Self {
        let name = Conversation::Chat(id.clone()).group();
        Self { app, id, name }
    }

    /// Adds the members' connections for chats, of an open chat its owner's: others join when they
    /// turn to it. A connection that is left out joins when its client opens the chat.
    ///
    /// Then reads the chat again and removes those who are no longer members: another change may
    /// have looked at the group before they were in it.
    pub(super) async fn join_members(&self, guard: &ChatGuard) -> Result<Joined, JoinError> {
        let (hub, group) = (&self.app.hub, [self.name.clone()]);
        let group = &group;
        let owner = std::slice::from_ref(&guard.owner);
        let users = guard.members.as_deref().unwrap_or(owner);
        let calls = users.chunks(USERS_PER_CALL).map(|users| async move {
            let filter = named(users).and(in_channel());
            Ok(hub.add_connections_to_groups(group, &filter).await?)
        });
        let joined = join_with_timeout(calls.collect::<Vec<_>>()).await;
        let outcome = if joined.is_ok() {
            Joined::All
        } else {
            Joined::Some
        };
        self.warn_if_failed("failed to join the members' connections", joined);
        let conversation = Conversation::Chat(self.id.clone());
        let state = ConversationState::read(&*self.app.store, &conversation).await?;
        let present: Option<ChatGuard> = state.guard().map_err(StoreError::from)?;
        if let Some(present) = present.filter(|present| present.membership != guard.membership) {
            self.evict_others(&present).await?;
            return Ok(Joined::Overtaken);
        }
        Ok(outcome)
    }

    /// Removes the connections of everyone who is not a member.
    pub(super) async fn evict_others(&self, guard: &ChatGuard) -> Result<(), CallError> {
        let Some(members) = &guard.members else {
            return Ok(());
        };
        let others = filter::in_group(&self.name).and(named(members).not());
        let groups = [self.name.clone()];
        let hub = &self.app.hub;
        let call = async { Ok(hub.remove_connections_from_groups(&groups, &others).await?) };
        join_with_timeout([call]).await
    }

    /// Sends a frame to everyone who sees the chat, except the caller's own connection: to the
    /// chat's group, and to those connections for chats that are not in it, of all users if the
    /// chat is open, else of its members.
    pub(super) async fn notify_others(
        &self,
        caller: &str,
        guard: &ChatGuard,
        frame: &impl Serialize,
    ) {
        let courier = &self.app.courier;
        let outside = || filter::in_group(&self.name).not();
        let filters = match &guard.members {
            None => vec![outside()],
            Some(members) => {
                let chunks = members.chunks(USERS_PER_CALL);
                chunks.map(|users| named(users).and(outside())).collect()
            }
        };
        let group = (self.name.as_str(), None);
        let channel = filters.into_iter().map(|filter| (CHANNEL, Some(filter)));
        let sending = std::iter::once(group)
            .chain(channel)
            .map(|(group, filter)| courier.to_other_connections(group, caller, filter, frame));
        let sent = join_with_timeout(sending).await;
        self.warn_if_failed("failed to notify the others", sent);
    }

    fn warn_if_failed(&self, failure: &str, done: Result<(), CallError>) {
        if let Err(error) = done {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "chat {}: {failure}",
                self.id
            );
        }
    }
}

/// What became of the members' connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joined {
    All,
    Some,
    /// The members changed meanwhile. That change announces the chat as it is now.
    Overtaken,
}

/// Connections of users who were removed meanwhile may be in the group.
#[derive(Debug, thiserror::Error)]
pub(super) enum JoinError {
    #[error("the chat cannot be read again")]
    Store(#[from] StoreError),
    #[error("the removed users' connections cannot be removed")]
    Service(#[from] CallError),
}

fn named(users: &[UserId]) -> Filter {
    filter::user_id_in(users.iter().map(UserId::as_str))
}

fn in_channel() -> Filter {
    filter::in_group(CHANNEL)
}
