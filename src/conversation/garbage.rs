//! What deleted conversations leave in the store. It is out of sight since the write that deleted
//! it, and is listed so that no crash forgets to remove it.

use serde::{Deserialize, Serialize};

use super::Conversation;
use super::head::Head;
use crate::store::{Collection, Key, Partition, Store, Write, WriteError};

/// The records of a conversation's earlier generations. It has the form of the queue message that
/// asks for their removal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Garbage {
    /// The conversation's group: a room's is its id.
    #[serde(rename = "room_id")]
    pub conversation: String,
    /// The last generation that is gone.
    pub generation: u64,
}

impl Garbage {
    /// Everything before this head. A first generation has nothing before it.
    pub(super) fn before(conversation: &Conversation, head: &Head) -> Option<Self> {
        Some(Self {
            conversation: conversation.group(),
            generation: head.generation.checked_sub(1)?,
        })
    }
}

pub(super) fn list() -> Partition {
    Partition::new(Collection::Settings, "leftovers")
}

/// Puts garbage on the list.
pub async fn note(store: &dyn Store, garbage: &Garbage) -> Result<(), WriteError> {
    let key = Key::new(garbage.conversation.clone());
    let write = Write::put(key, garbage)?;
    store.write(&list(), vec![write]).await
}
