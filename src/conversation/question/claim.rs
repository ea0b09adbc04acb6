//! The claim of a worker that answers a question, with the text so far.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::{Conversation, keys};
use crate::store::{Key, Record, Store, StoreError};

/// The record. A worker writes it about once a second; another one may take it over when it has
/// run out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// How often the question was claimed. 0: it is cancelled before anybody did.
    pub run: u32,
    pub until: Timestamp,
    #[serde(default)]
    pub cancelled: bool,
    /// The last delta that `text` holds; `None` before the first.
    #[serde(default)]
    pub index: Option<u64>,
    #[serde(default)]
    pub text: String,
}

impl Claim {
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.until > now
    }
}

/// Where the claim of a question is kept: in the partition of its conversation.
pub fn key(generation: u64, question: u64) -> Key {
    keys::claim_of_answer(generation, question)
}

/// The claim of a question and its record, if anybody made one.
pub async fn read(
    store: &dyn Store,
    conversation: &Conversation,
    generation: u64,
    question: u64,
) -> Result<Option<(Claim, Record)>, StoreError> {
    let key = key(generation, question);
    let Some(record) = store.get(&conversation.partition(), &key).await? else {
        return Ok(None);
    };
    Ok(Some((record.read()?, record)))
}
