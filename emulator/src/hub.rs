//! A hub: its connections, users and groups.

use std::collections::HashMap;
use std::sync::Arc;

use crate::connection::Connection;
use crate::deliveries::{Deliveries, Fate};
use crate::group_state::GroupStates;
use crate::lock::RwLock;
use crate::message::Message;

#[derive(Debug)]
pub(crate) struct Hub {
    /// In lower case.
    pub(crate) name: Arc<str>,
    registry: RwLock<Registry>,
    pub(crate) states: GroupStates,
    deliveries: Arc<Deliveries>,
}

type Members = HashMap<Arc<str>, Arc<Connection>>;

/// A message to at least so many connections is a message to a crowd.
const CROWD: usize = 16;

#[derive(Debug, Default)]
struct Registry {
    connections: Members,
    users: HashMap<Arc<str>, Members>,
    groups: HashMap<Arc<str>, Members>,
}

/// The connections that an operation addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience<'a> {
    Everyone,
    Group(&'a str),
    User(&'a str),
    Connection(&'a str),
}

impl Hub {
    pub(crate) fn new(name: &str, deliveries: Arc<Deliveries>) -> Self {
        Self {
            name: name.into(),
            registry: RwLock::default(),
            states: GroupStates::default(),
            deliveries,
        }
    }

    pub(crate) fn insert(&self, connection: &Arc<Connection>) {
        let mut registry = self.registry.write();
        let id = &connection.id;
        registry.connections.insert(id.clone(), connection.clone());
        if let Some(user) = &connection.user {
            let connections = registry.users.entry(user.clone()).or_default();
            connections.insert(id.clone(), connection.clone());
        }
    }

    /// Removes the connection from the hub and returns the groups that it was in.
    pub(crate) fn remove(&self, connection: &Connection) -> Vec<Arc<str>> {
        let mut registry = self.registry.write();
        registry.connections.remove(&connection.id);
        if let Some(user) = &connection.user {
            remove_member(&mut registry.users, user, &connection.id);
        }
        registry.leave_all(connection)
    }

    pub(crate) fn connection(&self, id: &str) -> Option<Arc<Connection>> {
        self.registry.read().connections.get(id).cloned()
    }

    /// Returns false if it was already a member or is no longer connected.
    pub(crate) fn join(&self, connection: &Arc<Connection>, group: &str) -> bool {
        let mut registry = self.registry.write();
        registry.connections.contains_key(&connection.id) && registry.join(connection, group)
    }

    /// Returns false if it was not a member.
    pub(crate) fn leave(&self, connection: &Connection, group: &str) -> bool {
        self.registry.write().leave(connection, group)
    }

    /// Returns the groups that it left.
    pub(crate) fn leave_all(&self, connection: &Connection) -> Vec<Arc<str>> {
        self.registry.write().leave_all(connection)
    }

    pub(crate) fn exists(&self, audience: Audience<'_>) -> bool {
        self.registry.read().members(audience).next().is_some()
    }

    pub(crate) fn select(&self, audience: Audience<'_>) -> Vec<Arc<Connection>> {
        self.registry.read().members(audience).cloned().collect()
    }

    /// Queues the message for the matching connections, without waiting for any of them.
    pub(crate) fn deliver(
        &self,
        audience: Audience<'_>,
        mut message: Message,
        now_ms: i64,
        wanted: impl Fn(&Connection) -> bool,
    ) {
        let registry = self.registry.read();
        message.crowded = registry.members(audience).nth(CROWD - 1).is_some();
        let message = Arc::new(message);
        for connection in registry.members(audience) {
            if wanted(connection) {
                self.enqueue(connection, &message, now_ms);
            }
        }
    }

    /// Publishes a message from a connection to a group. A sender that is a member receives it too,
    /// unless `no_echo` is set.
    pub(crate) fn publish(
        &self,
        sender: &Connection,
        group: &str,
        no_echo: bool,
        message: Message,
        now_ms: i64,
    ) {
        self.deliver(Audience::Group(group), message, now_ms, |receiver| {
            !(no_echo && receiver.id == sender.id)
        });
    }

    /// Queues the message for one connection, or applies the fault that a test planned.
    pub(crate) fn enqueue(
        &self,
        connection: &Arc<Connection>,
        message: &Arc<Message>,
        now_ms: i64,
    ) {
        match self.deliveries.fate(&connection.id) {
            None => connection.outbox.push_message(message, now_ms),
            Some(Fate::Drop) => connection.outbox.push_copies(message, now_ms, 0),
            Some(Fate::Repeat) => connection.outbox.push_copies(message, now_ms, 2),
            Some(Fate::Delay(delay)) => {
                let (connection, message) = (connection.clone(), message.clone());
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    connection.outbox.push_message(&message, now_ms);
                });
            }
        }
    }
}

impl Registry {
    fn members<'r>(
        &'r self,
        audience: Audience<'_>,
    ) -> Box<dyn Iterator<Item = &'r Arc<Connection>> + 'r> {
        match audience {
            Audience::Everyone => Box::new(self.connections.values()),
            Audience::Group(group) => {
                Box::new(self.groups.get(group).into_iter().flat_map(Members::values))
            }
            Audience::User(user) => {
                Box::new(self.users.get(user).into_iter().flat_map(Members::values))
            }
            Audience::Connection(id) => Box::new(self.connections.get(id).into_iter()),
        }
    }

    fn join(&mut self, connection: &Arc<Connection>, group: &str) -> bool {
        let name = match self.groups.get_key_value(group) {
            Some((name, _)) => name.clone(),
            None => Arc::from(group),
        };
        let members = self.groups.entry(name.clone()).or_default();
        members.insert(connection.id.clone(), connection.clone());
        connection.groups.lock().insert(name)
    }

    fn leave(&mut self, connection: &Connection, group: &str) -> bool {
        remove_member(&mut self.groups, group, &connection.id);
        connection.groups.lock().remove(group)
    }

    fn leave_all(&mut self, connection: &Connection) -> Vec<Arc<str>> {
        let left: Vec<_> = std::mem::take(&mut *connection.groups.lock())
            .into_iter()
            .collect();
        for group in &left {
            remove_member(&mut self.groups, group, &connection.id);
        }
        left
    }
}

/// A group or user without connections does not exist.
fn remove_member(sets: &mut HashMap<Arc<str>, Members>, name: &str, id: &str) {
    if let Some(members) = sets.get_mut(name) {
        members.remove(id);
        if members.is_empty() {
            sets.remove(name);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;
    use crate::config::Keys;
    use crate::frame::Outgoing;
    use crate::message::{Data, Source};
    use crate::protocol::Agreed;
    use crate::upstream::{Identity, Origin};

    fn connection(id: usize) -> Arc<Connection> {
        let origin = Origin::new("localhost:8080");
        let identity = Identity::new(&id.to_string(), "chat", origin, &Keys::default());
        let agreed = Agreed::from_offer(&[]);
        Arc::new(Connection::new(identity, None, agreed, Vec::new()))
    }

    /// Whether a message to a group of this size counts as one to a crowd.
    async fn is_crowded(size: usize) -> bool {
        let hub = Hub::new("chat", Arc::default());
        let members: Vec<_> = (0..size).map(connection).collect();
        for member in &members {
            hub.insert(member);
            hub.join(member, "group");
        }
        let epoch = members[0].outbox.attach(0);

        let message = Message::new(Source::Server, Data::Text("text".into()));
        hub.deliver(Audience::Group("group"), message, 0, |_| true);

        let mut batch = VecDeque::new();
        members[0].outbox.next(epoch, &mut batch).await;
        match batch.front() {
            Some(Outgoing::Message(message, _)) => message.crowded,
            other => panic!("no message: {other:?}"),
        }
    }

    #[tokio::test]
    async fn a_group_of_sixteen_is_a_crowd() {
        assert!(!is_crowded(CROWD - 1).await);
        assert!(is_crowded(CROWD).await);
    }
}
