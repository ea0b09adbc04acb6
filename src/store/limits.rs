//! What no backend takes, even if it could: a mistake shows on the developer's machine, and not
//! first in the cloud.

use std::collections::HashSet;

use super::{MAX_BODY, MAX_WRITES, StoreError, Write, WriteError};

/// Every backend asks this before anything else.
pub(super) fn check(writes: &[Write]) -> Result<(), WriteError> {
    let mut keys = HashSet::with_capacity(writes.len());
    let refusal = if writes.len() > MAX_WRITES {
        "too many writes for one batch"
    } else if !writes.iter().all(|write| keys.insert(write.key())) {
        "two writes of one batch are about the same record"
    } else if writes.iter().any(is_too_large) {
        "a record is too large"
    } else {
        return Ok(());
    };
    Err(WriteError::NotDone(StoreError::Refused(refusal.to_owned())))
}

fn is_too_large(write: &Write) -> bool {
    match write {
        Write::Insert { body, .. } | Write::Replace { body, .. } | Write::Put { body, .. } => {
            body.len() > MAX_BODY
        }
        Write::Delete { .. } => false,
    }
}
