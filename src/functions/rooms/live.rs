//! Applies a change of a room to its open connections, through the service.

use std::collections::HashSet;
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::timeout;
use webpubsub::{CloseOptions, HubClient, ListOptions, Permission};

use crate::azure::web_pubsub::CallError;
use crate::conversation::room::{Adjustment, ConnectionUpdate, Effect};
use crate::http::problem::Problem;
use crate::ids::target::RoomId;
use crate::ids::user_id::UserId;

/// Calls to the service at the same time.
const CONCURRENCY: usize = 16;
/// A room may have thousands of connections, and the Functions host would wait for minutes.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The open connections of a room.
#[derive(Debug, Clone, Copy)]
pub(super) struct Live<'a> {
    hub: &'a HubClient,
    room: &'a RoomId,
}

impl<'a> Live<'a> {
    pub(super) fn new(hub: &'a HubClient, room: &'a RoomId) -> Self {
        Self { hub, room }
    }

    /// Applies a change of the room's record.
    pub(super) async fn apply(self, update: &ConnectionUpdate) -> Result<(), Problem> {
        with_timeout(self.room, async {
            match update {
                ConnectionUpdate::Nothing => Ok(()),
                ConnectionUpdate::CloseAll => self.close_all().await,
                ConnectionUpdate::Adjust(adjustment) => self.adjust(adjustment).await,
            }
        })
        .await
    }

    /// Applies a change to all connections of a user: one that has left the room's group may come
    /// back.
    pub(super) async fn apply_to(self, user: &UserId, effect: Effect) -> Result<(), Problem> {
        with_timeout(self.room, self.affect(user, effect)).await
    }

    /// Closes only those connections of the user that are in the room.
    pub(super) async fn kick(self, user: &UserId, reason: Option<&str>) -> Result<(), Problem> {
        with_timeout(self.room, async {
            let connections = self.of_user_in_room(user).await?;
            each(connections, |id| async move {
                self.hub.close_connection(&id, reason).await
            })
            .await
        })
        .await
    }

    async fn close_all(self) -> Result<(), CallError> {
        let options = CloseOptions::default();
        let closed = self
            .hub
            .close_group_connections(self.room.as_str(), &options);
        Ok(ignore_gone(closed.await)?)
    }

    async fn adjust(self, adjustment: &Adjustment) -> Result<(), CallError> {
        if adjustment.silence_all {
            let everyone = self.list(self.room.as_str()).await?;
            each(everyone, |id| self.revoke(id, Permission::SendToGroup)).await?;
        }
        stream::iter(&adjustment.users)
            .map(Ok)
            .try_for_each_concurrent(CONCURRENCY, |(user, effect)| self.affect(user, *effect))
            .await
    }

    async fn affect(self, user: &UserId, effect: Effect) -> Result<(), CallError> {
        let room = self.room.as_str();
        match effect {
            Effect::RevokeSend => {
                let connections = self.list(&user.group()).await?;
                each(connections, |id| self.revoke(id, Permission::SendToGroup)).await
            }
            // The permission first, or the client could come back at once.
            Effect::Evict => {
                let connections = self.list(&user.group()).await?;
                each(connections, |id| async move {
                    for permission in [Permission::JoinLeaveGroup, Permission::SendToGroup] {
                        self.revoke(id.clone(), permission).await?;
                    }
                    self.hub.remove_connection_from_group(room, &id).await
                })
                .await
            }
            Effect::GrantSend => {
                let connections = self.of_user_in_room(user).await?;
                each(connections, |id| async move {
                    let permission = Permission::SendToGroup;
                    self.hub.grant_permission(&id, permission, room).await
                })
                .await
            }
        }
    }

    async fn revoke(self, id: String, permission: Permission) -> Result<(), webpubsub::Error> {
        let room = self.room.as_str();
        ignore_gone(self.hub.revoke_permission(&id, permission, room).await)
    }

    async fn of_user_in_room(self, user: &UserId) -> Result<Vec<String>, CallError> {
        let group = user.group();
        let (of_user, in_room) =
            tokio::try_join!(self.list(&group), self.list(self.room.as_str()))?;
        let in_room: HashSet<String> = in_room.into_iter().collect();
        Ok(of_user
            .into_iter()
            .filter(|id| in_room.contains(id))
            .collect())
    }

    async fn list(self, group: &str) -> Result<Vec<String>, CallError> {
        let pages = self
            .hub
            .list_connections_in_group(group, &ListOptions::default())
            .map_err(webpubsub::Error::from)?;
        let members = pages.all().await?;
        Ok(members.into_iter().map(|m| m.connection_id).collect())
    }
}

/// A closed connection needs no change.
fn ignore_gone(done: Result<(), webpubsub::Error>) -> Result<(), webpubsub::Error> {
    match done {
        Err(error) if error.is_not_found() => Ok(()),
        done => done,
    }
}

async fn each<F>(connections: Vec<String>, call: impl Fn(String) -> F) -> Result<(), CallError>
where
    F: Future<Output = Result<(), webpubsub::Error>>,
{
    let calls = stream::iter(connections).map(|id| {
        let call = call(id);
        async { ignore_gone(call.await) }
    });
    calls
        .buffer_unordered(CONCURRENCY)
        .try_collect::<()>()
        .await?;
    Ok(())
}

/// The change is stored before this, and applies to every new connection and message. If this
/// fails, the same request again does the rest.
async fn with_timeout(
    room: &RoomId,
    done: impl Future<Output = Result<(), CallError>>,
) -> Result<(), Problem> {
    let done = timeout(TIMEOUT, done).await;
    done.unwrap_or(Err(CallError::TooLong)).map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "failed to update the open connections of room {room}"
        );
        Problem::unavailable(
            "the change is stored, but not all open connections were updated: send it again",
        )
    })
}
