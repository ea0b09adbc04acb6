//! Sessions: conversations of two participants, who never change.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::head::Head;
use super::index::{self, Listed};
use super::{Conversation, ConversationError, ConversationState, keys};
use crate::conversation::directory;
use crate::ids::target::SessionId;
use crate::ids::user_id::UserId;
use crate::store::{Store, StoreError, Write, WriteError};

const NOT_YOURS: &str = "you are not a participant of this session";

/// How many sessions a list looks through. Those used last are among them unless somebody has
/// more than this and one of the oldest is still in use.
const MAX_LISTED: usize = 1000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionGuard {
    pub participants: [Participant; 2],
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Participant {
    pub user_id: UserId,
    pub name: String,
}

/// A session from the view of one participant.
#[derive(Debug, Clone)]
pub struct SessionView {
    pub id: SessionId,
    pub guard: SessionGuard,
    pub head: Head,
    pub unread: u64,
}

impl SessionGuard {
    fn participant(&self, user: &UserId) -> Option<&Participant> {
        self.participants.iter().find(|p| p.user_id == *user)
    }
}

/// The participant that `user` is. Nobody else learns whether the session exists.
pub fn participant(
    state: &ConversationState,
    user: &UserId,
) -> Result<Participant, ConversationError> {
    let guard: Option<SessionGuard> = state.guard()?;
    let found = guard.as_ref().and_then(|guard| guard.participant(user));
    found
        .cloned()
        .ok_or(ConversationError::Forbidden(NOT_YOURS))
}

/// The name under which the session lists a participant.
pub fn name_of(
    state: &ConversationState,
    user: &UserId,
) -> Result<Option<String>, ConversationError> {
    let guard: Option<SessionGuard> = state.guard()?;
    let found = guard.as_ref().and_then(|guard| guard.participant(user));
    Ok(found.map(|participant| participant.name.clone()))
}

/// Whether the session is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Creation {
    Made,
    WasThere,
}

/// Creates a session. Repeating it changes nothing; other participants are refused.
pub async fn create(
    store: &dyn Store,
    id: &SessionId,
    guard: &SessionGuard,
) -> Result<(Creation, SessionView), ConversationError> {
    let [one, other] = &guard.participants;
    if one.user_id == other.user_id {
        return Err(ConversationError::Invalid(
            "a session has two different participants",
        ));
    }
    let conversation = Conversation::Session(id.clone());
    let state = ConversationState::read(store, &conversation).await?;
    if let Some(there) = state.guard()? {
        return already_there(id, there, state.head, guard);
    }
    // Lists first: an entry without a session is skipped, but a session without an entry would be
    // lost.
    for participant in &guard.participants {
        directory::remember(store, &participant.user_id, &participant.name).await?;
        index::add(store, &participant.user_id, &Listed::Session(id.clone())).await?;
    }
    let write = Write::insert(keys::GUARD, guard)?;
    match store.write(&conversation.partition(), vec![write]).await {
        Ok(()) => Ok((Creation::Made, unseen(id, guard.clone(), Head::default()))),
        Err(error @ WriteError::Conflict { .. }) => {
            let state = ConversationState::read(store, &conversation).await?;
            match state.guard()? {
                Some(there) => already_there(id, there, state.head, guard),
                None => Err(error.into()),
            }
        }
        Err(error) => Err(error.into()),
    }
}

/// The session from the view of the back end that created it.
fn unseen(id: &SessionId, guard: SessionGuard, head: Head) -> SessionView {
    SessionView {
        id: id.clone(),
        guard,
        unread: head.seq,
        head,
    }
}

fn already_there(
    id: &SessionId,
    there: SessionGuard,
    head: Head,
    wanted: &SessionGuard,
) -> Result<(Creation, SessionView), ConversationError> {
    if same_people(&there, wanted) {
        return Ok((Creation::WasThere, unseen(id, there, head)));
    }
    Err(ConversationError::AlreadyCreated(
        "this session has other participants, and these never change",
    ))
}

/// Compares user ids, in any order. Names may differ.
fn same_people(one: &SessionGuard, other: &SessionGuard) -> bool {
    one.participants
        .iter()
        .all(|p| other.participant(&p.user_id).is_some())
}

/// One session, for a participant.
pub async fn view(
    store: &dyn Store,
    id: &SessionId,
    user: &UserId,
) -> Result<Option<SessionView>, StoreError> {
    let conversation = Conversation::Session(id.clone());
    let state = ConversationState::read(store, &conversation).await?;
    let Some(guard) = state
        .guard::<SessionGuard>()?
        .filter(|guard| guard.participant(user).is_some())
    else {
        return Ok(None);
    };
    let read = index::read_position(store, user, &conversation).await?;
    Ok(Some(SessionView {
        id: id.clone(),
        unread: state.head.unread(user, read),
        head: state.head,
        guard,
    }))
}

/// A user's sessions, the most recently used first.
pub async fn list(
    store: &dyn Store,
    user: &UserId,
    limit: usize,
) -> Result<Vec<SessionView>, StoreError> {
    let ids = index::sessions(store, user, MAX_LISTED).await?;
    let views = ids.iter().map(|id| view(store, id, user)).collect();
    let found = index::buffered(views).await?;
    let mut sessions: Vec<_> = found.into_iter().flatten().collect();
    sessions.sort_by_key(|session| {
        std::cmp::Reverse(
            session
                .head
                .last_message_at
                .unwrap_or(session.guard.created_at),
        )
    });
    sessions.truncate(limit);
    Ok(sessions)
}
