//! The state that a lane's last write left behind, from which the next write can start without a
//! read: if anybody has written since, the head's version makes the write fail.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::super::ConversationState;

/// How often other instances write between two writes of a lane of ours. Each instance finds out
/// for itself, from all its lanes.
#[derive(Debug, Default)]
pub(super) struct Interference(AtomicU8);

impl Interference {
    /// A memory that is out of date costs a write, and one that is not saves a read. So a lane
    /// starts without one unless nearly all are up to date.
    const MISS: u8 = 8;
    const LIKELY: u8 = Self::MISS;
    const MAX: u8 = 4 * Self::MISS;

    fn note(&self, met: bool) {
        let score = self.0.load(Ordering::Relaxed);
        let score = match met {
            true => (score + Self::MISS).min(Self::MAX),
            false => score.saturating_sub(1),
        };
        self.0.store(score, Ordering::Relaxed);
    }

    fn is_likely(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= Self::LIKELY
    }
}

/// A memory can be out of date, so nothing may depend on it but a write that checks the head's
/// version.
#[derive(Debug)]
pub(super) struct Memory {
    last: Option<ConversationState>,
    /// Others write here too: a write that starts from memory would fail more often than not.
    is_shared: bool,
    interference: Arc<Interference>,
}

impl Memory {
    pub(super) fn new(interference: &Arc<Interference>) -> Self {
        Self {
            last: None,
            is_shared: interference.is_likely(),
            interference: interference.clone(),
        }
    }

    /// Takes the state to start from, unless it is better to read.
    pub(super) fn recall(&mut self) -> Option<ConversationState> {
        self.last.take_if(|_| !self.is_shared)
    }

    /// Notes what a read found. Nobody else writes here if it is what our last write left behind.
    pub(super) fn compare(&mut self, found: &ConversationState) {
        if let Some(last) = self.last.take() {
            self.is_shared = last.head_version() != found.head_version();
            self.interference.note(self.is_shared);
        }
    }

    /// Notes what a write of ours left behind, if it is known.
    pub(super) fn note(&mut self, written: Option<ConversationState>) {
        self.last = written;
    }

    /// Notes that a write that started from memory succeeded.
    pub(super) fn note_current(&mut self) {
        self.interference.note(false);
    }

    /// Notes that a write that started from memory failed, because others had written.
    pub(super) fn note_outdated(&mut self) {
        self.is_shared = true;
        self.interference.note(true);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Ids;
    use crate::conversation::Conversation;
    use crate::store::Store;
    use crate::store::sqlite::SqliteStore;

    /// A state that nobody has seen before.
    async fn next_state(store: &SqliteStore) -> ConversationState {
        let room = Conversation::Room("lobby".parse().unwrap());
        let state = ConversationState::read(store, &room).await.unwrap();
        let write = state.write_head(&state.head).unwrap();
        let written = store.commit(&room.partition(), vec![write]).await.unwrap();
        let head = state.head.clone();
        state.after(head, written.version(0)).unwrap()
    }

    #[tokio::test]
    async fn what_was_written_is_recalled_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::new(folder.path().join("test.db"), Ids::random());
        let interference = Arc::default();
        let mut memory = Memory::new(&interference);
        assert!(memory.recall().is_none());

        let state = next_state(&store).await;
        memory.note(Some(state.clone()));

        assert_eq!(
            memory.recall().unwrap().head_version(),
            state.head_version()
        );
        assert!(memory.recall().is_none());
    }

    #[tokio::test]
    async fn where_others_write_every_write_reads_first_until_they_stop() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::new(folder.path().join("test.db"), Ids::random());
        let interference = Arc::default();
        let mut memory = Memory::new(&interference);
        memory.note_outdated();

        memory.note(Some(next_state(&store).await));
        assert!(memory.recall().is_none());
        memory.compare(&next_state(&store).await);
        let last = next_state(&store).await;
        memory.note(Some(last.clone()));
        assert!(memory.recall().is_none());

        memory.compare(&last);
        memory.note(Some(next_state(&store).await));
        assert!(memory.recall().is_some());
    }

    #[test]
    fn one_miss_makes_new_lanes_read_first_until_enough_memories_were_up_to_date() {
        let interference: Arc<Interference> = Arc::default();
        assert!(!Memory::new(&interference).is_shared);

        Memory::new(&interference).note_outdated();
        assert!(Memory::new(&interference).is_shared);

        Memory::new(&interference).note_current();
        assert!(!Memory::new(&interference).is_shared);
        for _ in 0..100 {
            interference.note(true);
        }
        for _ in 0..Interference::MAX {
            interference.note(false);
        }
        assert!(!interference.is_likely());
    }
}
