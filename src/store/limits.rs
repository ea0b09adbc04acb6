//! Limits that hold for every backend, even one that could accept more, so that a mistake shows
//! during development and not only in the cloud.

use std::collections::HashSet;

use super::types::{MAX_BODY, MAX_WRITES, StoreError, Write, WriteError};

/// Every backend calls this before anything else.
pub(super) fn check(writes: &[Write]) -> Result<(), WriteError> {
    let mut keys = HashSet::with_capacity(writes.len());
    let why = if writes.len() > MAX_WRITES {
        "too many writes for one batch"
    } else if !writes.iter().all(|write| keys.insert(write.key())) {
        "two writes of one batch have the same key"
    } else if writes.iter().any(is_too_large) {
        "a record is too large"
    } else {
        return Ok(());
    };
    Err(WriteError::NotDone(StoreError::Refused(why.to_owned())))
}

fn is_too_large(write: &Write) -> bool {
    match write {
        Write::Insert { body, .. } | Write::Replace { body, .. } | Write::Put { body, .. } => {
            body.len() > MAX_BODY
        }
        Write::Delete { .. } => false,
    }
}
