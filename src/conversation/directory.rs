//! Users that back ends have registered.

use serde::{Deserialize, Serialize};

use crate::conversation::ConversationError;
use crate::ids::user_id::UserId;
use crate::store::{Collection, Key, Partition, Store, StoreError, Write, WriteError};

const KNOWN: Key = Key::literal("known");
const MAX_NAME: usize = 128;

/// A registered user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownUser {
    pub user_id: UserId,
    pub name: String,
}

/// The partition of a user's records.
pub(crate) fn partition(user: &UserId) -> Partition {
    Partition::new(Collection::Users, format!("user:{}", user.group_hash()))
}

impl KnownUser {
    pub fn new(user_id: UserId, name: &str) -> Result<Self, ConversationError> {
        let name = check_name(name)?;
        Ok(Self { user_id, name })
    }
}

/// Trims a display name and checks its length.
pub fn check_name(name: &str) -> Result<String, ConversationError> {
    let name = name.trim();
    if (1..=MAX_NAME).contains(&name.chars().count()) {
        Ok(name.to_owned())
    } else {
        Err(ConversationError::Invalid(
            "a user's `name` has 1 to 128 characters",
        ))
    }
}

pub async fn find(store: &dyn Store, user: &UserId) -> Result<Option<KnownUser>, StoreError> {
    let found = store.get(&partition(user), &KNOWN).await?;
    Ok(found.map(|record| record.read()).transpose()?)
}

/// Stores a user's name; the last one counts.
pub async fn remember(store: &dyn Store, user: &UserId, name: &str) -> Result<(), WriteError> {
    let known = KnownUser {
        user_id: user.clone(),
        name: name.to_owned(),
    };
    let write = Write::put(KNOWN, &known)?;
    store.write(&partition(user), vec![write]).await
}

/// What an upsert did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Upserted {
    Created,
    Updated,
}

/// Stores a user, and returns whether it was new.
pub async fn upsert(store: &dyn Store, user: &KnownUser) -> Result<Upserted, WriteError> {
    let insert = Write::insert(KNOWN, user)?;
    match store.write(&partition(&user.user_id), vec![insert]).await {
        Ok(()) => Ok(Upserted::Created),
        Err(WriteError::Conflict { .. }) => {
            remember(store, &user.user_id, &user.name).await?;
            Ok(Upserted::Updated)
        }
        Err(error) => Err(error),
    }
}
