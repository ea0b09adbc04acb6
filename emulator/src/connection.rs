//! One client's connection. With a reliable protocol it outlives its sockets.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::lock::Mutex;
use crate::outbox::Outbox;
use crate::permissions::Permissions;
use crate::protocol::Agreed;
use crate::streams::Streams;
use crate::upstream::Identity;

/// How many acknowledged requests a connection remembers.
const MAX_REMEMBERED_ACKS: usize = 1000;

#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) id: Arc<str>,
    pub(crate) user: Option<Arc<str>>,
    pub(crate) agreed: Agreed,
    /// The roles at connect. `permissions` holds what the client may do now.
    pub(crate) roles: Vec<String>,
    pub(crate) permissions: Mutex<Permissions>,
    /// Only the hub changes them, under its lock, so that the hub and the connection always agree.
    pub(crate) groups: Mutex<BTreeSet<Arc<str>>>,
    pub(crate) outbox: Outbox,
    pub(crate) done: DoneAcks,
    pub(crate) streams: Streams,
    /// How the connection identifies itself to handlers.
    pub(crate) identity: Identity,
    ended: AtomicBool,
}

impl Connection {
    pub(crate) fn new(
        identity: Identity,
        user: Option<&str>,
        agreed: Agreed,
        roles: Vec<String>,
    ) -> Self {
        Self {
            id: identity.connection().clone(),
            user: user.map(Arc::from),
            outbox: Outbox::new(agreed.protocol.is_reliable()),
            agreed,
            permissions: Mutex::new(Permissions::from_roles(&roles)),
            roles,
            groups: Mutex::default(),
            done: DoneAcks::default(),
            streams: Streams::default(),
            identity,
            ended: AtomicBool::new(false),
        }
    }

    /// Returns true for the first call only, so that the handler gets one `disconnected` event.
    pub(crate) fn end(&self) -> bool {
        !self.ended.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }
}

/// The ids of requests that succeeded, so that a repeated request is not executed twice. A client
/// may retry a failed request under the same id.
#[derive(Debug, Default)]
pub(crate) struct DoneAcks(Mutex<VecDeque<u64>>);

impl DoneAcks {
    pub(crate) fn contains(&self, id: u64) -> bool {
        // Scanning a thousand numbers is faster than most hash map lookups.
        self.0.lock().contains(&id)
    }

    pub(crate) fn restored(ids: &[u64]) -> Self {
        let done = Self::default();
        for id in ids {
            done.remember(*id);
        }
        done
    }

    /// The ids, oldest first.
    pub(crate) fn ids(&self) -> Vec<u64> {
        self.0.lock().iter().copied().collect()
    }

    pub(crate) fn remember(&self, id: u64) {
        let mut done = self.0.lock();
        if done.len() == MAX_REMEMBERED_ACKS {
            done.pop_front();
        }
        done.push_back(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_thousand_ids_are_remembered() {
        let done = DoneAcks::default();

        for id in 0..=1000 {
            done.remember(id);
        }

        assert!(!done.contains(0));
        assert!(done.contains(1));
        assert!(done.contains(1000));
    }
}
