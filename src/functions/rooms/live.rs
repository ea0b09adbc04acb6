//! Connections that are open, made to be what a room says by now, by way of the service.

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

/// Users and connections that are dealt with at the same time.
const CONCURRENCY: usize = 16;
/// A room may hold thousands. The Functions host would wait for minutes.
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

    /// Everything that a change of the room's record asks for.
    pub(super) async fn apply(self, connection_update: &ConnectionUpdate) -> Result<(), Problem> {
        in_time(async {
            match connection_update {
                ConnectionUpdate::Nothing => Ok(()),
                ConnectionUpdate::CloseAll => self.close_all().await,
                ConnectionUpdate::Adjust(adjustment) => self.adjust(adjustment).await,
            }
        })
        .await
    }

    /// One user's connections, wherever they are: who has left the room's group may come back.
    pub(super) async fn apply_to(self, user: &UserId, effect: Effect) -> Result<(), Problem> {
        in_time(self.affect(user, effect)).await
    }

    /// Closes the user's connections that are in the room, and no others.
    pub(super) async fn kick(self, user: &UserId, reason: Option<&str>) -> Result<(), Problem> {
        in_time(async {
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
        Ok(there(closed.await)?)
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
            // First it may not come back, then it is out.
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
        there(self.hub.revoke_permission(&id, permission, room).await)
    }

    async fn of_user_in_room(self, user: &UserId) -> Result<Vec<String>, CallError> {
        let group = user.group();
        let (theirs, here) = tokio::try_join!(self.list(&group), self.list(self.room.as_str()))?;
        let here: HashSet<String> = here.into_iter().collect();
        Ok(theirs.into_iter().filter(|id| here.contains(id)).collect())
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

/// A connection that is gone needs nothing any more.
fn there(done: Result<(), webpubsub::Error>) -> Result<(), webpubsub::Error> {
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
        async { there(call.await) }
    });
    calls
        .buffer_unordered(CONCURRENCY)
        .try_collect::<()>()
        .await?;
    Ok(())
}

/// What was asked for is stored by now, and counts for everybody who comes or speaks; asking
/// again does the rest.
async fn in_time(done: impl Future<Output = Result<(), CallError>>) -> Result<(), Problem> {
    let done = timeout(TIMEOUT, done).await;
    done.unwrap_or(Err(CallError::TooLong)).map_err(|error| {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "open connections are not what their room says"
        );
        Problem::unavailable(
            "it is stored, but the service did not change all open connections: send it again",
        )
    })
}
