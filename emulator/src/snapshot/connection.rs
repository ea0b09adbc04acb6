//! The exported state of a reliable connection, without its socket.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::message::MessageSnapshot;
use crate::app::App;
use crate::config::is_hub_name;
use crate::connection::{Connection, DoneAcks};
use crate::hub::Hub;
use crate::message::Metadata;
use crate::names::is_group;
use crate::outbox::Outbox;
use crate::permissions::{Exceptions, Permissions};
use crate::protocol::Agreed;
use crate::upstream::{Identity, Origin};

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct ConnectionSnapshot {
    hub: String,
    connection_id: String,
    user_id: Option<String>,
    subprotocol: String,
    /// The host in the client's URL.
    origin: String,
    roles: Vec<String>,
    permissions: Exceptions,
    groups: BTreeSet<String>,
    /// The connection state that the handler set.
    state: Option<String>,
    cookies: BTreeMap<String, String>,
    next_event_id: u64,
    /// The ids of requests that succeeded.
    acks: Vec<u64>,
    last_sequence_id: u64,
    unacknowledged: Vec<MessageSnapshot>,
    group_states: BTreeMap<String, Metadata>,
    watched_groups: BTreeSet<String>,
}

/// A restored connection that is not in its hub yet.
#[derive(Debug)]
pub(super) struct Restored {
    hub: Arc<Hub>,
    connection: Arc<Connection>,
    groups: BTreeSet<String>,
    group_states: BTreeMap<String, Metadata>,
    watched_groups: BTreeSet<String>,
}

impl ConnectionSnapshot {
    pub(super) fn id(&self) -> &str {
        &self.connection_id
    }

    pub(super) fn take(hub: &Hub, connection: &Connection) -> Self {
        let (last_sequence_id, unacknowledged) = connection.outbox.unacknowledged();
        let identity = &connection.identity;
        let groups = connection.groups.lock();
        let groups = groups.iter().map(|group| group.to_string()).collect();
        Self {
            hub: hub.name.to_string(),
            connection_id: connection.id.to_string(),
            user_id: connection.user.as_deref().map(str::to_owned),
            subprotocol: connection.agreed.subprotocol.clone().unwrap_or_default(),
            origin: identity.origin().authority().to_owned(),
            roles: connection.roles.clone(),
            permissions: connection.permissions.lock().exceptions(),
            groups,
            state: identity.state(),
            cookies: identity.cookies(),
            next_event_id: identity.events_so_far(),
            acks: connection.done.ids(),
            last_sequence_id,
            unacknowledged: unacknowledged
                .iter()
                .map(|(sequence, message)| MessageSnapshot::take(*sequence, message))
                .collect(),
            group_states: hub.states.shown_by(&connection.id),
            watched_groups: hub.states.watched_by(&connection.id),
        }
    }

    /// `None` for an invalid connection.
    pub(super) fn restore(self, app: &App) -> Option<Restored> {
        let mut named = (self.groups.iter())
            .chain(self.group_states.keys())
            .chain(&self.watched_groups);
        let agreed = Agreed::from_offer(std::slice::from_ref(&self.subprotocol));
        if !is_hub_name(&self.hub)
            || self.connection_id.is_empty()
            || !named.all(|group| is_group(group))
            || !agreed.protocol.is_reliable()
        {
            return None;
        }
        let mut unacknowledged = Vec::new();
        let mut last = 0;
        for message in self.unacknowledged {
            let (sequence, message) = message.restore()?;
            // Clients drop messages whose sequence id does not increase.
            if sequence <= last || sequence > self.last_sequence_id {
                return None;
            }
            last = sequence;
            unacknowledged.push((sequence, Arc::new(message)));
        }

        let hub = app.hub(&self.hub.to_ascii_lowercase());
        let origin = Origin::new(&self.origin);
        let mut identity = Identity::new(&self.connection_id, &hub.name, origin, &app.keys);
        identity.set_user(self.user_id.as_deref());
        identity.set_subprotocol(agreed.subprotocol.as_deref());
        identity.restore(self.state.as_deref(), self.cookies, self.next_event_id);
        let permissions = Permissions::restored(&self.roles, self.permissions);
        let mut connection = Connection::new(identity, self.user_id.as_deref(), agreed, self.roles);
        connection.permissions = crate::lock::Mutex::new(permissions);
        connection.outbox = Outbox::restored(self.last_sequence_id, unacknowledged);
        connection.done = DoneAcks::restored(&self.acks);
        Some(Restored {
            hub,
            connection: Arc::new(connection),
            groups: self.groups,
            group_states: self.group_states,
            watched_groups: self.watched_groups,
        })
    }
}

impl Restored {
    /// Sends no events: for its handler the connection never ended.
    pub(super) fn enter(self, now_ms: i64) -> (Arc<Hub>, Arc<Connection>) {
        let (hub, connection) = (self.hub, self.connection);
        hub.insert(&connection);
        for group in &self.groups {
            hub.join(&connection, group);
        }
        for (group, state) in self.group_states {
            hub.states.set(&connection, &group, Some(state), now_ms);
        }
        for group in &self.watched_groups {
            hub.states.watch(&connection, group);
        }
        (hub, connection)
    }
}
