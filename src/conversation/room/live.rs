//! The open connections of a room, and what the service can change of them.

use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt, stream};
use webpubsub::{CloseOptions, Error, GroupMember, HubClient, ListOptions, Permission};

use super::{hidden_group, voice_group};
use crate::ids::target::RoomId;
use crate::ids::user_id::UserId;

/// Calls to the service at the same time.
const CONCURRENCY: usize = 16;

/// A room at the service. Its own group holds only clients that did not leave it, so connections
/// are found through its hidden groups.
#[derive(Debug, Clone, Copy)]
pub(super) struct Live<'a> {
    hub: &'a HubClient,
    room: &'a RoomId,
}

impl<'a> Live<'a> {
    pub(super) fn new(hub: &'a HubClient, room: &'a RoomId) -> Self {
        Self { hub, room }
    }

    /// Every connection that is bound to the room.
    pub(super) async fn all(self) -> Result<Vec<GroupMember>, Error> {
        self.list(&hidden_group(self.room)).await
    }

    /// Those that are bound to it as writers.
    pub(super) async fn list_writers(self) -> Result<Vec<GroupMember>, Error> {
        self.list(&voice_group(self.room)).await
    }

    /// Those that hear what is said in the room.
    pub(super) async fn listeners(self) -> Result<HashSet<String>, Error> {
        Ok(ids(self.list(self.room.as_str()).await?).collect())
    }

    pub(super) async fn of_user(self, user: &UserId) -> Result<Vec<String>, Error> {
        let mut all = self.all().await?;
        all.retain(|connection| connection.user_id.as_deref() == Some(user.as_str()));
        Ok(ids(all).collect())
    }

    pub(super) async fn writers(self) -> Result<HashSet<String>, Error> {
        Ok(ids(self.list_writers().await?).collect())
    }

    pub(super) async fn close_all(self) -> Result<(), Error> {
        let options = CloseOptions::default();
        let group = hidden_group(self.room);
        ignore_gone(self.hub.close_group_connections(&group, &options).await)
    }

    pub(super) async fn close(self, id: &str, reason: Option<&str>) -> Result<(), Error> {
        ignore_gone(self.hub.close_connection(id, reason).await)
    }

    /// Revokes the permissions first, or the client could come back at once.
    pub(super) async fn evict(self, id: &str) -> Result<(), Error> {
        self.revoke(id, Permission::JoinLeaveGroup).await?;
        self.revoke_send(id).await?;
        let room = self.room.as_str();
        ignore_gone(self.hub.remove_connection_from_group(room, id).await)
    }

    /// Lets a connection back in that was evicted.
    pub(super) async fn let_in(self, id: &str) -> Result<(), Error> {
        let room = self.room.as_str();
        let join = Permission::JoinLeaveGroup;
        ignore_gone(self.hub.grant_permission(id, join, room).await)?;
        ignore_gone(self.hub.add_connection_to_group(room, id).await)
    }

    /// Whether a client may join the room's group, as it may until it is evicted.
    pub(super) async fn may_join(self, id: &str) -> Result<bool, Error> {
        let (join, room) = (Permission::JoinLeaveGroup, self.room.as_str());
        self.hub.has_permission(id, join, room).await
    }

    pub(super) async fn grant_send(self, id: &str) -> Result<(), Error> {
        let (send, room) = (Permission::SendToGroup, self.room.as_str());
        ignore_gone(self.hub.grant_permission(id, send, room).await)
    }

    pub(super) async fn revoke_send(self, id: &str) -> Result<(), Error> {
        self.revoke(id, Permission::SendToGroup).await
    }

    pub(super) async fn make_writer(self, id: &str) -> Result<(), Error> {
        let voice = voice_group(self.room);
        ignore_gone(self.hub.add_connection_to_group(&voice, id).await)
    }

    pub(super) async fn make_reader(self, id: &str) -> Result<(), Error> {
        let voice = voice_group(self.room);
        ignore_gone(self.hub.remove_connection_from_group(&voice, id).await)
    }

    /// Ends the binding: no later change of the room concerns the connection.
    pub(super) async fn unbind(self, id: &str) -> Result<(), Error> {
        self.evict(id).await?;
        self.make_reader(id).await?;
        let hidden = hidden_group(self.room);
        ignore_gone(self.hub.remove_connection_from_group(&hidden, id).await)
    }

    async fn revoke(self, id: &str, permission: Permission) -> Result<(), Error> {
        let room = self.room.as_str();
        ignore_gone(self.hub.revoke_permission(id, permission, room).await)
    }

    async fn list(self, group: &str) -> Result<Vec<GroupMember>, Error> {
        let pages = self
            .hub
            .list_connections_in_group(group, &ListOptions::default())?;
        pages.all().await
    }
}

fn ids(connections: Vec<GroupMember>) -> impl Iterator<Item = String> {
    connections.into_iter().map(|found| found.connection_id)
}

/// A connection that has closed needs no change.
fn ignore_gone(done: Result<(), Error>) -> Result<(), Error> {
    match done {
        Err(error) if error.is_not_found() => Ok(()),
        done => done,
    }
}

/// Runs a call for each item, several at a time.
pub(super) async fn for_each<T, E, F>(
    items: impl IntoIterator<Item = T>,
    call: impl Fn(T) -> F,
) -> Result<(), E>
where
    F: Future<Output = Result<(), E>>,
{
    stream::iter(items)
        .map(call)
        .buffer_unordered(CONCURRENCY)
        .try_collect()
        .await
}
