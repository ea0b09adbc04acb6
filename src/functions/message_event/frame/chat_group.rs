//! The open connections that listen to a chat.

use serde::Serialize;
use webpubsub::filter;

use crate::app::App;
use crate::azure::web_pubsub::{CallError, join_with_timeout};
use crate::conversation::Conversation;
use crate::conversation::chat::{ChatGuard, ChatView};
use crate::ids::target::ChatId;
use crate::ids::user_id::UserId;

/// How many users one call to the service names.
const USERS_PER_CALL: usize = 20;

/// `CHAT_UPDATED`
#[derive(Serialize)]
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

    /// Adds the open connections of everyone who may take part. A failure is only logged: a
    /// connection that is left out joins when its client opens the chat.
    pub(super) async fn join_members(&self, guard: &ChatGuard) {
        let in_channel = || filter::in_group("channel:chats");
        let filters = match &guard.members {
            None => vec![in_channel()],
            Some(members) => {
                let named = |users: &[UserId]| filter::user_id_in(users.iter().map(UserId::as_str));
                let chunks = members.chunks(USERS_PER_CALL);
                chunks.map(|some| named(some).and(in_channel())).collect()
            }
        };
        let (hub, group) = (&self.app.hub, [self.name.clone()]);
        let group = &group;
        let calls = filters
            .into_iter()
            .map(|filter| async move { Ok(hub.add_connections_to_groups(group, &filter).await?) });
        let joined = join_with_timeout(calls.collect::<Vec<_>>()).await;
        self.warn_if_failed("failed to join the members' connections", joined);
    }

    /// Removes the connections of everyone who is not a member.
    pub(super) async fn evict_others(&self, guard: &ChatGuard) -> Result<(), CallError> {
        let Some(members) = &guard.members else {
            return Ok(());
        };
        let members = filter::user_id_in(members.iter().map(UserId::as_str));
        let others = filter::in_group(&self.name).and(members.not());
        let groups = [self.name.clone()];
        let hub = &self.app.hub;
        let call = async { Ok(hub.remove_connections_from_groups(&groups, &others).await?) };
        join_with_timeout([call]).await
    }

    /// Sends a frame to every connection but the caller's own.
    pub(super) async fn notify_others(&self, caller: &str, frame: &impl Serialize) {
        let courier = &self.app.courier;
        let sending = courier.to_other_connections(&self.name, caller, frame);
        let sent = join_with_timeout([sending]).await;
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
