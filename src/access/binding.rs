//! What a connection is bound to: decided by `negotiate` (or by `connect` for one who dials
//! straight), carried in `sb` to the `connect` event and in the connection's state from there on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::conversation::room::{Role, RoomPass};
use crate::ids::target::{Channel, RoomId, Target};
use crate::ids::user_id::UserId;

/// Who a connection belongs to and what it may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    pub user: UserId,
    /// For display only; never in headers, since it need not be ASCII.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(rename = "standing")]
    pub level: AuthLevel,
    /// What was asked for. Governs rooms only, and there only as far as each allows it.
    pub role: Role,
    pub targets: Vec<Target>,
    /// What rooms that are set up allow. A room that is not here is an open one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub passes: BTreeMap<RoomId, RoomPass>,
}

/// How the user came by the id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthLevel {
    Anonymous,
    /// By a back end with the API token.
    Vouched,
    /// Until that second of the epoch, if the identity says one.
    SignedIn(Option<i64>),
}

/// What the service is told to allow a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grants {
    pub roles: Vec<String>,
    pub groups: Vec<String>,
}

impl Binding {
    /// Only rooms give roles. Every other group is joined for the client, so that who is put out
    /// stays out, and what is sent there passes through us.
    ///
    /// Who comes back after the sign-in has run out may listen, but no longer send: what is sent
    /// to a room does not pass us.
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

    /// What the connection may do in a room that it is bound to.
    pub fn role_in(&self, room: &RoomId) -> Role {
        match self.passes.get(room) {
            Some(pass) if pass.role == Role::Reader => Role::Reader,
            _ => self.role,
        }
    }

    /// Whether it may send to the room's group by itself, past us.
    fn may_publish(&self, room: &RoomId) -> bool {
        let held_back = |pass: &RoomPass| pass.persistent || pass.muted;
        self.role_in(room) == Role::Writer && !self.passes.get(room).is_some_and(held_back)
    }

    /// Clients are not told of it.
    pub fn user_group(&self) -> String {
        self.user.group()
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

    /// Whether the sign-in has run out. Who never signed in has none that could.
    pub fn is_expired(&self, now: i64) -> bool {
        matches!(self.level, AuthLevel::SignedIn(Some(until)) if until < now)
    }

    /// The name to show, which falls back to the id.
    pub fn display_name(&self) -> &str {
        self.name.as_deref().unwrap_or(self.user.as_str())
    }
}

/// `sb`: a binding on its way from `negotiate` to the `connect` event.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ticket {
    /// The second of the epoch at which it turns void, as the token beside it does.
    pub exp: i64,
    #[serde(flatten)]
    pub binding: Binding,
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
    fn a_room_that_must_hear_everything_lets_nobody_send_past_us() {
        let room: RoomId = "test".parse().unwrap();
        let with = |persistent, muted, most| {
            let mut binding = binding(Role::Writer, &[Target::Room(room.clone())]);
            let pass = RoomPass {
                guard: 1,
                role: most,
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
    fn a_writer_whose_sign_in_has_run_out_may_only_join() {
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
    fn nothing_but_rooms_gives_roles() {
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
