//! What a connection is bound to. `negotiate` decides it (or `connect`, for a client that connects
//! directly); `sb` carries it to the `connect` event, and from then on the connection's state
//! does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rate_limit::RateLimitKey;
use crate::conversation::room::{Role, RoomPass, hidden_group, voice_group};
use crate::ids::target::{Channel, RoomId, Target};
use crate::ids::user_id::UserId;
use crate::logging::trace::{self, TraceContext};

/// The hidden group of every connection.
pub const ALL_CONNECTIONS: &str = "hub:all";

/// The user of a connection, and what the connection may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    pub user: UserId,
    /// For display only. Not for headers, because it may not be ASCII.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "standing")]
    pub level: AuthLevel,
    /// The requested role. It applies only to rooms, and there only as far as each room allows.
    pub role: Role,
    pub targets: Vec<Target>,
    /// What rooms with a record allow. A room without an entry is open.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passes: BTreeMap<RoomId, RoomPass>,
    /// A hash of the address from which an anonymous user negotiated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
}

/// How the user's id was established.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthLevel {
    Anonymous,
    /// A back end with the API token named the user.
    Vouched,
    /// Signed in until this time, in seconds since 1970, if the identity has an expiry.
    SignedIn(Option<i64>),
}

/// What the service allows a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    pub roles: Vec<String>,
    pub groups: Vec<String>,
}

impl Binding {
    /// Only rooms grant roles. We join every other group for the client, so that a removed client
    /// cannot rejoin, and so that its messages pass through us.
    ///
    /// A client that reconnects after its sign-in expired may listen but not send, because messages
    /// to a room do not pass through us.
    pub fn grants(&self, now: i64) -> Grants {
        let expired = self.is_expired(now);
        let mut roles = Vec::new();
        for target in &self.targets {
            if let Target::Room(id) = target {
                roles.push(format!("webpubsub.joinLeaveGroup.{id}"));
                if self.may_publish(id) && !expired {
                    roles.push(format!("webpubsub.sendToGroup.{id}"));
                }
            }
        }
        let groups = self.targets.iter().filter_map(|t| t.group(&self.user));
        Grants {
            roles,
            groups: groups.collect(),
        }
    }

    /// The connection's role in a room that it is bound to.
    pub fn role_in(&self, room: &RoomId) -> Role {
        match self.passes.get(room) {
            Some(pass) if pass.role == Role::Reader => Role::Reader,
            _ => self.role,
        }
    }

    /// Whether it may send to the room's group directly, without us.
    fn may_publish(&self, room: &RoomId) -> bool {
        let is_restricted = |pass: &RoomPass| pass.persistent || pass.muted;
        self.role_in(room) == Role::Writer && !self.passes.get(room).is_some_and(is_restricted)
    }

    /// The groups by which we find the connection later. Clients cannot leave them, because no role
    /// covers them.
    ///
    /// After the sign-in expired it counts as a reader's: no later change may let it send.
    pub fn hidden_groups(&self, now: i64) -> Vec<String> {
        let expired = self.is_expired(now);
        let mut groups = vec![ALL_CONNECTIONS.to_owned(), self.user.group()];
        for room in self.targets.iter().filter_map(Target::as_room) {
            groups.push(hidden_group(room));
            if self.role_in(room) == Role::Writer && !expired {
                groups.push(voice_group(room));
            }
        }
        groups
    }

    pub fn is_bound_to(&self, target: &Target) -> bool {
        self.targets.contains(target)
    }

    pub fn has_channel(&self, channel: Channel) -> bool {
        self.targets.contains(&Target::Channel(channel))
    }

    pub fn has_session(&self) -> bool {
        self.targets.iter().any(|t| matches!(t, Target::Session(_)))
    }

    pub fn is_anonymous(&self) -> bool {
        self.level == AuthLevel::Anonymous
    }

    /// Whether the sign-in has expired. A user without a sign-in has none that could.
    pub fn is_expired(&self, now: i64) -> bool {
        matches!(self.level, AuthLevel::SignedIn(Some(until)) if until < now)
    }

    /// The key under which the user's frames are counted. An anonymous user may take any id, so
    /// the address counts.
    pub fn rate_limit_key(&self) -> RateLimitKey {
        match self.level {
            AuthLevel::Anonymous => RateLimitKey::AddressHash(self.address.clone()),
            AuthLevel::Vouched | AuthLevel::SignedIn(_) => RateLimitKey::User(self.user.clone()),
        }
    }

    /// The display name, or else the user id.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.user.as_str())
    }
}

/// The content of `sb`: a binding on its way from `negotiate` to the `connect` event.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// When it expires, in seconds since 1970, together with the access token.
    pub exp: i64,
    #[serde(flatten)]
    pub binding: Binding,
    /// The call of `negotiate`, if it is traced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(deserialize_with = "trace::read_or_none")]
    pub traceparent: Option<TraceContext>,
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn binding(role: Role, targets: &[Target]) -> Binding {
        Binding {
            user: UserId::parse("alice").unwrap(),
            name: None,
            level: AuthLevel::Anonymous,
            role,
            targets: targets.to_vec(),
            passes: BTreeMap::new(),
            address: None,
        }
    }

    #[test]
    fn a_writer_may_join_and_send_in_rooms() {
        let room = Target::Room("test".parse().unwrap());

        let grants = binding(Role::Writer, &[room]).grants(NOW);

        assert_eq!(
            grants.roles,
            [
                "webpubsub.joinLeaveGroup.test",
                "webpubsub.sendToGroup.test"
            ]
        );
        assert_eq!(grants.groups, ["test"]);
    }

    #[test]
    fn a_reader_may_only_join() {
        let room = Target::Room("test".parse().unwrap());

        let grants = binding(Role::Reader, &[room]).grants(NOW);

        assert_eq!(grants.roles, ["webpubsub.joinLeaveGroup.test"]);
    }

    #[test]
    fn a_persistent_room_lets_nobody_send_directly() {
        let room: RoomId = "test".parse().unwrap();
        let with = |persistent, muted, role| {
            let mut binding = binding(Role::Writer, &[Target::Room(room.clone())]);
            let pass = RoomPass {
                guard: 1,
                role,
                persistent,
                muted,
                member: false,
            };
            binding.passes.insert(room.clone(), pass);
            binding.grants(NOW).roles.len()
        };

        assert_eq!(with(false, false, Role::Writer), 2);
        assert_eq!(with(true, false, Role::Writer), 1);
        assert_eq!(with(false, true, Role::Writer), 1);
        assert_eq!(with(false, false, Role::Reader), 1);
    }

    #[test]
    fn a_writer_whose_sign_in_has_expired_may_only_join() {
        let room = Target::Room("test".parse().unwrap());
        let writer = |until| Binding {
            level: AuthLevel::SignedIn(Some(until)),
            ..binding(Role::Writer, std::slice::from_ref(&room))
        };

        assert_eq!(writer(NOW).grants(NOW).roles.len(), 2);
        assert_eq!(
            writer(NOW - 1).grants(NOW).roles,
            ["webpubsub.joinLeaveGroup.test"]
        );
    }

    #[test]
    fn hidden_groups_tell_writers_from_readers_but_not_the_muted() {
        let room: RoomId = "test".parse().unwrap();
        let groups = |role, muted, until| {
            let mut binding = binding(role, &[Target::Room(room.clone())]);
            binding.level = AuthLevel::SignedIn(Some(until));
            let pass = RoomPass {
                guard: 1,
                role: Role::Writer,
                persistent: false,
                muted,
                member: false,
            };
            binding.passes.insert(room.clone(), pass);
            binding.hidden_groups(NOW).split_off(2)
        };

        assert_eq!(
            groups(Role::Writer, false, NOW),
            ["room:test", "voice:test"]
        );
        assert_eq!(groups(Role::Writer, true, NOW), ["room:test", "voice:test"]);
        assert_eq!(groups(Role::Reader, false, NOW), ["room:test"]);
        assert_eq!(groups(Role::Writer, false, NOW - 1), ["room:test"]);
    }

    #[test]
    fn only_rooms_grant_roles() {
        let targets = [
            Target::Org("acme".parse().unwrap()),
            Target::Channel(Channel::Chats),
            Target::Channel(Channel::Audio),
        ];

        let grants = binding(Role::Writer, &targets).grants(NOW);

        assert!(grants.roles.is_empty());
        assert_eq!(grants.groups, ["org:acme", "channel:chats"]);
    }
}
