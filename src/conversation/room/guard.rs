//! Who may come into a room, and as what: the one place that decides it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::password::PasswordHash;
use crate::ids::user_id::UserId;

/// How many users a guard names at most: members, banned and muted ones together. It is read
/// with every message, so it stays small.
const MAX_NAMED: usize = 1000;

/// A guard names no more users than fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a room has at most 1000 members, banned and muted users together")]
pub struct RoomFull;

/// What decides who comes in. It outlives the room, so that what was shown to an earlier one
/// opens no later one.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RoomGuard {
    /// Raised when access or password change, and when the room is deleted.
    pub number: u64,
    /// `None` for a room that nobody set up: it is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RoomRecord>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub banned: BTreeMap<UserId, Sanction>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub muted: BTreeMap<UserId, Sanction>,
    /// Stands while open connections may be as the guard no longer says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Uuid>,
}

/// A room that an administrator set up.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RoomRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub access: Access,
    /// Argon2id, in the usual text form. Kept while another access is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password_hash: Option<PasswordHash>,
    #[serde(default)]
    pub persistent: bool,
    #[serde(default)]
    pub members: Vec<Member>,
    pub created_at: Timestamp,
}

/// What it takes to come in, for those who are no members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    #[default]
    Open,
    Password,
    Invite,
    Members,
}

/// The lesser comes first.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    #[default]
    Reader,
    Writer,
}

/// That somebody was let into a room, by what the room was then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomPass {
    /// The room's guard number. Whoever was let in by another must show anew what it takes.
    #[serde(rename = "g")]
    pub guard: u64,
    /// The most that it allows.
    pub role: Role,
    /// Whether what is said there must pass through us.
    #[serde(rename = "p", default, skip_serializing_if = "is_false")]
    pub persistent: bool,
    #[serde(rename = "m", default, skip_serializing_if = "is_false")]
    pub muted: bool,
    /// Came in as a member, and showed nothing: who is no member any more is out.
    #[serde(rename = "b", default, skip_serializing_if = "is_false")]
    pub member: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    #[schema(value_type = String, example = "alice")]
    pub user_id: UserId,
    pub role: Role,
}

/// A ban or a mute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sanction {
    pub at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Somebody at the door.
#[derive(Debug, Clone, Copy)]
pub struct JoinRequest<'a> {
    pub user: &'a UserId,
    /// Nobody else can be held to such an id, so it is nobody's membership.
    pub is_anonymous: bool,
    pub role: Role,
    /// What was shown, now or at `negotiate`: the password, an invite.
    pub pass: Option<&'a RoomPass>,
}

/// Why somebody does not come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomDenied {
    Banned,
    PasswordRequired,
    InviteRequired,
    NotAMember,
    /// Comes in only as a reader.
    NoWriter,
}

impl RoomGuard {
    /// Lets somebody in, or says why not.
    pub fn admit(&self, guest: &JoinRequest<'_>) -> Result<RoomPass, RoomDenied> {
        if self.banned.contains_key(guest.user) {
            return Err(RoomDenied::Banned);
        }
        let most = self.most_for(guest)?;
        if guest.role > most {
            return Err(RoomDenied::NoWriter);
        }
        Ok(RoomPass {
            guard: self.number,
            role: most,
            persistent: self.record.as_ref().is_some_and(|room| room.persistent),
            muted: self.muted.contains_key(guest.user),
            member: self.membership(guest.user, guest.is_anonymous).is_some(),
        })
    }

    fn most_for(&self, guest: &JoinRequest<'_>) -> Result<Role, RoomDenied> {
        if let Some(role) = self.membership(guest.user, guest.is_anonymous) {
            return Ok(role);
        }
        let counts = |pass: &&RoomPass| pass.guard == self.number && !pass.member;
        let shown = guest.pass.filter(counts);
        match (self.access(), shown) {
            (Access::Open, _) => Ok(Role::Writer),
            (Access::Password | Access::Invite, Some(pass)) => Ok(pass.role),
            (Access::Password, None) => Err(RoomDenied::PasswordRequired),
            (Access::Invite, None) => Err(RoomDenied::InviteRequired),
            (Access::Members, _) => Err(RoomDenied::NotAMember),
        }
    }

    pub fn membership(&self, user: &UserId, is_anonymous: bool) -> Option<Role> {
        if is_anonymous {
            return None;
        }
        let members = &self.record.as_ref()?.members;
        let found = members.iter().find(|member| member.user_id == *user);
        found.map(|member| member.role)
    }

    /// Makes somebody a member of a room that is set up.
    pub(super) fn join(&mut self, member: Member) -> Result<(), RoomFull> {
        let size = self.size();
        let Some(room) = &mut self.record else {
            return Ok(());
        };
        match room
            .members
            .iter_mut()
            .find(|m| m.user_id == member.user_id)
        {
            Some(known) => *known = member,
            None if size >= MAX_NAMED => return Err(RoomFull),
            None => room.members.push(member),
        }
        Ok(())
    }

    pub(super) fn check_size(&self) -> Result<(), RoomFull> {
        if self.size() > MAX_NAMED {
            return Err(RoomFull);
        }
        Ok(())
    }

    /// How many users it names.
    fn size(&self) -> usize {
        let members = self.record.as_ref().map_or(0, |room| room.members.len());
        members + self.banned.len() + self.muted.len()
    }

    pub fn access(&self) -> Access {
        self.record
            .as_ref()
            .map_or(Access::Open, |room| room.access)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    fn room(access: Access) -> RoomGuard {
        RoomGuard {
            number: 3,
            record: Some(RoomRecord {
                name: None,
                access,
                password_hash: None,
                persistent: false,
                members: vec![
                    Member {
                        user_id: user("mary"),
                        role: Role::Writer,
                    },
                    Member {
                        user_id: user("rita"),
                        role: Role::Reader,
                    },
                ],
                created_at: Timestamp::from_second(1).unwrap(),
            }),
            ..RoomGuard::default()
        }
    }

    fn shown(guard: u64) -> RoomPass {
        RoomPass {
            guard,
            role: Role::Writer,
            persistent: false,
            muted: false,
            member: false,
        }
    }

    fn ask(
        guard: &RoomGuard,
        name: &str,
        role: Role,
        pass: Option<u64>,
    ) -> Result<Role, RoomDenied> {
        let pass = pass.map(shown);
        let guest = JoinRequest {
            user: &user(name),
            is_anonymous: false,
            role,
            pass: pass.as_ref(),
        };
        guard.admit(&guest).map(|pass| pass.role)
    }

    #[test]
    fn strangers_need_what_the_room_asks_for_and_members_nothing() {
        use Role::{Reader, Writer};
        let (password, invite, members) = (
            room(Access::Password),
            room(Access::Invite),
            room(Access::Members),
        );

        assert_eq!(ask(&room(Access::Open), "eve", Writer, None), Ok(Writer));
        assert_eq!(
            ask(&password, "eve", Reader, None),
            Err(RoomDenied::PasswordRequired)
        );
        assert_eq!(
            ask(&invite, "eve", Reader, None),
            Err(RoomDenied::InviteRequired)
        );
        for pass in [None, Some(3)] {
            assert_eq!(
                ask(&members, "eve", Reader, pass),
                Err(RoomDenied::NotAMember)
            );
        }
        for guarded in [&password, &invite, &members] {
            assert_eq!(ask(guarded, "mary", Writer, None), Ok(Writer));
        }
    }

    #[test]
    fn what_was_shown_before_the_guard_changed_counts_no_more() {
        let guard = room(Access::Password);

        assert_eq!(ask(&guard, "eve", Role::Writer, Some(3)), Ok(Role::Writer));
        assert_eq!(
            ask(&guard, "eve", Role::Writer, Some(2)),
            Err(RoomDenied::PasswordRequired)
        );
    }

    #[test]
    fn who_came_in_as_a_member_showed_nothing() {
        let guard = room(Access::Password);
        let pass = RoomPass {
            member: true,
            ..shown(3)
        };
        let guest = JoinRequest {
            user: &user("removed"),
            is_anonymous: false,
            role: Role::Reader,
            pass: Some(&pass),
        };

        assert_eq!(guard.admit(&guest), Err(RoomDenied::PasswordRequired));
    }

    #[test]
    fn a_member_gets_no_more_than_the_record_says() {
        let guard = room(Access::Open);

        assert_eq!(ask(&guard, "rita", Role::Reader, None), Ok(Role::Reader));
        assert_eq!(
            ask(&guard, "rita", Role::Writer, None),
            Err(RoomDenied::NoWriter)
        );
    }

    #[test]
    fn an_anonymous_caller_is_no_member_whatever_the_id() {
        let guard = room(Access::Members);
        let guest = JoinRequest {
            user: &user("mary"),
            is_anonymous: true,
            role: Role::Reader,
            pass: None,
        };

        assert_eq!(guard.admit(&guest), Err(RoomDenied::NotAMember));
    }

    #[test]
    fn a_ban_goes_before_everything() {
        let mut guard = room(Access::Open);
        let sanction = Sanction {
            at: Timestamp::from_second(1).unwrap(),
            reason: None,
        };
        guard.banned.insert(user("mary"), sanction);

        assert_eq!(
            ask(&guard, "mary", Role::Reader, None),
            Err(RoomDenied::Banned)
        );
    }
}
