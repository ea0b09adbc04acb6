//! State that connections publish to the watchers of a group, for instance for presence.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::connection::Connection;
use crate::frame::{ServerFrame, StateItem};
use crate::lock::Mutex;
use crate::message::Metadata;

/// The states and the watchers of a hub's groups.
#[derive(Debug, Default)]
pub(crate) struct GroupStates(Mutex<HashMap<Arc<str>, GroupState>>);

#[derive(Debug, Default)]
struct GroupState {
    items: BTreeMap<Arc<str>, StateItem>,
    watchers: BTreeMap<Arc<str>, Arc<Connection>>,
}

impl GroupStates {
    /// Sets or clears the state of a connection, and notifies the watchers.
    pub(crate) fn set(
        &self,
        connection: &Connection,
        group: &str,
        state: Option<Metadata>,
        now_ms: i64,
    ) {
        let mut groups = self.0.lock();
        let entry = groups.entry(group.into()).or_default();
        entry.set(group, connection, state, now_ms);
        forget_if_empty(&mut groups, group);
    }

    /// Sends the current states to a connection, and from now on every change.
    pub(crate) fn watch(&self, connection: &Arc<Connection>, group: &str) {
        let mut groups = self.0.lock();
        let entry = groups.entry(group.into()).or_default();
        entry
            .watchers
            .insert(connection.id.clone(), connection.clone());
        let items = entry.items.values().cloned().collect();
        // Queued under the lock, so that no change overtakes the snapshot.
        connection.outbox.push_frame(ServerFrame::GroupState {
            group: group.into(),
            items,
            snapshot: true,
        });
    }

    pub(crate) fn unwatch(&self, connection: &Connection, group: &str) {
        let mut groups = self.0.lock();
        if let Some(entry) = groups.get_mut(group) {
            entry.watchers.remove(&connection.id);
        }
        forget_if_empty(&mut groups, group);
    }

    /// The states of a connection by group.
    pub(crate) fn shown_by(&self, connection: &str) -> BTreeMap<String, Metadata> {
        let groups = self.0.lock();
        let shown = groups.iter().filter_map(|(group, entry)| {
            let state = entry.items.get(connection)?.state.clone()?;
            Some((group.to_string(), state))
        });
        shown.collect()
    }

    /// The groups that a connection watches.
    pub(crate) fn watched_by(&self, connection: &str) -> BTreeSet<String> {
        let groups = self.0.lock();
        let watched = groups
            .iter()
            .filter(|(_, entry)| entry.watchers.contains_key(connection));
        watched.map(|(group, _)| group.to_string()).collect()
    }

    /// Removes the states and the subscriptions of an ended connection.
    pub(crate) fn forget(&self, connection: &Connection, now_ms: i64) {
        let mut groups = self.0.lock();
        for (group, entry) in groups.iter_mut() {
            entry.watchers.remove(&connection.id);
            if entry.items.contains_key(&connection.id) {
                entry.set(group, connection, None, now_ms);
            }
        }
        groups.retain(|_, entry| !entry.is_empty());
    }
}

impl GroupState {
    fn set(&mut self, group: &str, connection: &Connection, state: Option<Metadata>, now_ms: i64) {
        let last = self
            .items
            .get(&connection.id)
            .map_or(0, |item| item.updated_at);
        let item = StateItem {
            connection: connection.id.clone(),
            user: connection.user.clone(),
            // Strictly increasing for each connection, so that a watcher can order updates.
            updated_at: now_ms.max(last + 1),
            state,
        };
        if item.state.is_some() {
            self.items.insert(connection.id.clone(), item.clone());
        } else {
            self.items.remove(&connection.id);
        }
        let group: Arc<str> = group.into();
        let items: Arc<[StateItem]> = [item].into();
        for watcher in self.watchers.values() {
            let (group, items) = (group.clone(), items.clone());
            watcher.outbox.push_frame(ServerFrame::GroupState {
                group,
                items,
                snapshot: false,
            });
        }
    }

    fn is_empty(&self) -> bool {
        self.items.is_empty() && self.watchers.is_empty()
    }
}

fn forget_if_empty(groups: &mut HashMap<Arc<str>, GroupState>, group: &str) {
    if groups.get(group).is_some_and(GroupState::is_empty) {
        groups.remove(group);
    }
}
