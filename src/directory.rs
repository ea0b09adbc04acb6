//! What is known of users, beyond what their tokens say.

use serde::{Deserialize, Serialize};

use crate::store::{Key, Partition, Shelf, Store, StoreError, Write, WriteError};
use crate::user_id::UserId;

const KNOWN: Key = Key::literal("known");

/// Somebody whom a back end has told us of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownUser {
    pub user_id: UserId,
    pub name: String,
}

/// Everything that is kept of one user.
pub(crate) fn partition(user: &UserId) -> Partition {
    Partition::new(Shelf::Users, format!("user:{}", user.group_hash()))
}

pub async fn find(store: &dyn Store, user: &UserId) -> Result<Option<KnownUser>, StoreError> {
    let found = store.get(&partition(user), &KNOWN).await?;
    Ok(found.map(|record| record.read()).transpose()?)
}

/// Keeps a user's name; the last one counts.
pub async fn remember(store: &dyn Store, user: &UserId, name: &str) -> Result<(), WriteError> {
    let known = KnownUser {
        user_id: user.clone(),
        name: name.to_owned(),
    };
    let write = Write::put(KNOWN, &known)
        .map_err(|error| WriteError::NotDone(StoreError::Refused(error.to_string())))?;
    store.write(&partition(user), vec![write]).await
}
