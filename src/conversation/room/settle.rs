//! Makes the open connections of a room match its guard. A decision is stored first; the functions
//! here then read the guard and apply what it says now, so that orders that overlap end alike.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use tokio::time::timeout;
use webpubsub::HubClient;

use super::connection_update::{Adjustment, MemberUpdate, VoiceMove};
use super::live::{Live, for_each};
use super::sanction::Action;
use super::{ConnectionUpdate, Loss, RoomGuard, manage};
use crate::azure::web_pubsub::CallError;
use crate::conversation::{Conversation, ConversationState};
use crate::ids::target::RoomId;
use crate::ids::user_id::UserId;
use crate::store::{Store, StoreError};

/// A room may have thousands of connections, and the Functions host would wait for minutes.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often effects are repeated while others keep changing the room.
const MAX_ROUNDS: usize = 5;

/// Not every open connection is known to match the guard.
#[derive(Debug, thiserror::Error)]
pub enum SettleError {
    #[error("the service could not be told")]
    Service(#[from] CallError),
    #[error("the room could not be read")]
    Store(#[from] StoreError),
    #[error("the room kept changing")]
    Moving,
}

impl From<webpubsub::Error> for SettleError {
    fn from(error: webpubsub::Error) -> Self {
        Self::Service(error.into())
    }
}

/// Closes the user's connections that are bound to the room.
pub async fn kick(
    hub: &HubClient,
    room: &RoomId,
    user: &UserId,
    reason: Option<&str>,
) -> Result<(), SettleError> {
    let live = Live::new(hub, room);
    with_timeout(async {
        let connections = live.of_user(user).await?;
        for_each(connections, async |id: String| {
            live.close(&id, reason).await
        })
        .await?;
        Ok(())
    })
    .await
}

/// Applies a stored ban, unban, mute or unmute to the user's open connections.
pub async fn sanctioned(
    hub: &HubClient,
    store: &dyn Store,
    room: &RoomId,
    user: &UserId,
    action: Action,
) -> Result<(), SettleError> {
    let live = Live::new(hub, room);
    let update = MemberUpdate {
        voice: VoiceMove::Keep,
        // A ban may overtake an unban, and then finds that the user is let in again.
        let_in: matches!(action, Action::Ban | Action::Unban),
    };
    let update = BTreeMap::from([(user.clone(), update)]);
    with_timeout(async {
        let mut guard = read(store, room).await?;
        for _ in 0..MAX_ROUNDS {
            update_users(live, &guard, &update).await?;
            let now = read(store, room).await?;
            if now.rights(user) == guard.rights(user) {
                return Ok(());
            }
            guard = now;
        }
        Err(SettleError::Moving)
    })
    .await
}

/// Applies a stored change of the room's record.
pub async fn changed(
    hub: &HubClient,
    store: &dyn Store,
    room: &RoomId,
    before: &RoomGuard,
    after: &RoomGuard,
) -> Result<(), SettleError> {
    let live = Live::new(hub, room);
    with_timeout(async {
        let mut guard = after.clone();
        let mut done = Adjustment::default();
        for _ in 0..MAX_ROUNDS {
            match ConnectionUpdate::of(before, &guard) {
                ConnectionUpdate::CloseAll => live.close_all().await?,
                ConnectionUpdate::Adjust(adjustment) => {
                    done = adjustment.including(&done, &guard);
                    adjust(live, &guard, &done).await?;
                }
                ConnectionUpdate::Nothing if done == Adjustment::default() => return Ok(()),
                ConnectionUpdate::Nothing => {
                    done = Adjustment::default().including(&done, &guard);
                    adjust(live, &guard, &done).await?;
                }
            }
            let now = read(store, room).await?;
            if now.treats_connections_as(&guard) {
                return Ok(());
            }
            guard = now;
        }
        Err(SettleError::Moving)
    })
    .await
}

/// Closes every connection of a room that was deleted.
pub async fn removed(hub: &HubClient, room: &RoomId) -> Result<(), SettleError> {
    // A later change of the room closes, or adjusts, by itself: nothing here could undo it.
    with_timeout(async { Ok(Live::new(hub, room).close_all().await?) }).await
}

/// Makes every open connection of a room match its guard, whatever was left undone. May be
/// repeated without harm.
pub async fn settle(hub: &HubClient, store: &dyn Store, room: &RoomId) -> Result<(), SettleError> {
    let live = Live::new(hub, room);
    with_timeout(async {
        let mut guard = read(store, room).await?;
        for _ in 0..MAX_ROUNDS {
            if let Some(due) = guard.due {
                // Nobody knows how far the change of the record got.
                live.close_all().await?;
                manage::clear_due(store, room, due).await;
                return Ok(());
            }
            settle_entry(live, &guard).await?;
            settle_voices(live, &guard).await?;
            let now = read(store, room).await?;
            if now.due.is_none() && now.treats_connections_as(&guard) {
                return Ok(());
            }
            guard = now;
        }
        Err(SettleError::Moving)
    })
    .await
}

/// Takes from one connection what it may no longer have.
pub async fn take(hub: &HubClient, room: &RoomId, id: &str, loss: Loss) -> Result<(), CallError> {
    let live = Live::new(hub, room);
    match loss {
        Loss::Nothing => {}
        Loss::Send => live.revoke_send(id).await?,
        Loss::Writer => {
            live.revoke_send(id).await?;
            live.make_reader(id).await?;
        }
        Loss::Entry => live.evict(id).await?,
        Loss::Binding => live.unbind(id).await?,
    }
    Ok(())
}

async fn settle_entry(live: Live<'_>, guard: &RoomGuard) -> Result<(), SettleError> {
    let listeners = live.listeners().await?;
    let (all, listeners) = (live.all().await?, &listeners);
    for_each(all, async |connection| {
        let id = connection.connection_id;
        if !guard.rights_of(connection.user_id.as_deref()).enter {
            live.evict(&id).await
        } else if !listeners.contains(&id) && !live.may_join(&id).await? {
            live.let_in(&id).await
        } else {
            // Who left the group, and may come back, left it by itself.
            Ok(())
        }
    })
    .await?;
    Ok(())
}

async fn settle_voices(live: Live<'_>, guard: &RoomGuard) -> Result<(), SettleError> {
    for_each(live.list_writers().await?, async |connection| {
        let id = &connection.connection_id;
        if guard.rights_of(connection.user_id.as_deref()).send {
            live.grant_send(id).await
        } else {
            live.revoke_send(id).await
        }
    })
    .await?;
    Ok(())
}

async fn adjust(
    live: Live<'_>,
    guard: &RoomGuard,
    adjustment: &Adjustment,
) -> Result<(), SettleError> {
    if !adjustment.users.is_empty() {
        update_users(live, guard, &adjustment.users).await?;
    }
    if adjustment.all_voices {
        settle_voices(live, guard).await?;
    }
    Ok(())
}

async fn update_users(
    live: Live<'_>,
    guard: &RoomGuard,
    users: &BTreeMap<UserId, MemberUpdate>,
) -> Result<(), SettleError> {
    let concerned = live.all().await?.into_iter().filter_map(|connection| {
        let user = UserId::parse(&connection.user_id?).ok()?;
        let update = *users.get(&user)?;
        Some((connection.connection_id, guard.rights(&user), update))
    });
    let concerned: Vec<_> = concerned.collect();
    if concerned.is_empty() {
        return Ok(());
    }
    let writers = &live.writers().await?;
    for_each(concerned, async |(id, rights, update)| {
        let is_writer = move_voice(live, &id, update.voice, writers).await?;
        if !rights.enter {
            return live.evict(&id).await;
        }
        if update.let_in {
            live.let_in(&id).await?;
        }
        if rights.send && is_writer {
            live.grant_send(&id).await
        } else {
            live.revoke_send(&id).await
        }
    })
    .await?;
    Ok(())
}

/// Returns whether the connection is a writer's now.
async fn move_voice(
    live: Live<'_>,
    id: &str,
    voice: VoiceMove,
    writers: &HashSet<String>,
) -> Result<bool, webpubsub::Error> {
    match voice {
        VoiceMove::Keep => Ok(writers.contains(id)),
        VoiceMove::In => {
            live.make_writer(id).await?;
            Ok(true)
        }
        VoiceMove::Out => {
            live.make_reader(id).await?;
            Ok(false)
        }
    }
}

async fn read(store: &dyn Store, room: &RoomId) -> Result<RoomGuard, StoreError> {
    let state = ConversationState::read(store, &Conversation::Room(room.clone())).await?;
    Ok(state.guard()?.unwrap_or_default())
}

async fn with_timeout(
    done: impl Future<Output = Result<(), SettleError>>,
) -> Result<(), SettleError> {
    let done = timeout(TIMEOUT, done).await;
    done.unwrap_or(Err(CallError::TooLong.into()))
}
