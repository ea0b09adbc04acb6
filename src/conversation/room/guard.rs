//! Decides who may enter a room, and with which role.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::password::PasswordHash;
use crate::ids::user_id::UserId;

/// How many users a guard names at most: members, banned and muted ones together. Every message
/// reads the guard, so it stays small.
const MAX_NAMED: usize = 1000;

/// The guard cannot name another user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a room has at most 1000 members, banned and muted users together")]
pub struct RoomFull;

/// Decides who may enter. It outlives the room, so that credentials for a deleted room do not open
/// a new one of the same name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RoomGuard {
    /// Raised when access or password change, and when the room is deleted.
    pub number: u64,
    /// `None` for a room without settings, which is open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RoomRecord>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub banned: BTreeMap<UserId, Sanction>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub muted: BTreeMap<UserId, Sanction>,
    /// Users who stopped being members under this number. Their open connections may have entered
    /// without a password or an invite.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub former: BTreeSet<UserId>,
    /// Set while open connections may not match the guard.
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

/// What users who are not members need to enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Access {
    #[default]
    Open,
    Password,
    Invite,
    Members,
}

/// Ordered by what it allows.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    #[default]
    Reader,
    Writer,
}

/// The admission of a user to a room, by the guard of that time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomPass {
    /// The room's guard number. After it changes, the credentials must be shown again.
    #[serde(rename = "g")]
    pub guard: u64,
    /// The highest role that it allows.
    pub role: Role,
    /// Whether every message must pass through us.
    #[serde(rename = "p", default, skip_serializing_if = "is_false")]
    pub persistent: bool,
    #[serde(rename = "m", default, skip_serializing_if = "is_false")]
    pub muted: bool,
    /// The user entered as a member, without credentials, and loses access with the membership.
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

/// A user who wants to enter.
#[derive(Debug, Clone, Copy)]
pub struct JoinRequest<'a> {
    pub user: &'a UserId,
    /// Anyone may take such an id, so it carries no membership.
    pub is_anonymous: bool,
    pub role: Role,
    /// The admission by a password or an invite, now or at `negotiate`.
    pub pass: Option<&'a RoomPass>,
}

/// Why a user may not enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoomDenied {
    Banned,
    PasswordRequired,
    InviteRequired,
    NotAMember,
    /// The user may enter only as a reader.
    NoWriter,
}

/// What a guard allows the open connections of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rights {
    /// To be in the room's group, and to join it.
    pub(super) enter: bool,
    /// To send to the group directly, for connections that are bound as writers.
    pub(super) send: bool,
}

impl RoomGuard {
    /// Admits a user, or returns the reason for a refusal.
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
            persistent: self.is_persistent(),
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

    /// Decides about connections that were admitted under this number: a higher one closes them.
    pub(super) fn rights(&self, user: &UserId) -> Rights {
        let role = self.membership(user, user.may_be_anonymous());
        let has_access = match self.access() {
            Access::Open => true,
            Access::Password | Access::Invite => role.is_some() || !self.former.contains(user),
            Access::Members => role.is_some(),
        };
        let enter = has_access && !self.banned.contains_key(user);
        Rights {
            enter,
            send: enter
                && role != Some(Role::Reader)
                && !self.muted.contains_key(user)
                && !self.is_persistent(),
        }
    }

    /// The same for a user id as the service returns it. Every connection that we admit has one.
    pub(super) fn rights_of(&self, user: Option<&str>) -> Rights {
        const NONE: Rights = Rights {
            enter: false,
            send: false,
        };
        let user = user.and_then(|user| UserId::parse(user).ok());
        user.map_or(NONE, |user| self.rights(&user))
    }

    /// Whether another guard allows the same users the same.
    pub(super) fn treats_connections_as(&self, other: &Self) -> bool {
        self.number == other.number
            && self.access() == other.access()
            && self.is_persistent() == other.is_persistent()
            && self.members() == other.members()
            && self.former == other.former
            && self.banned.keys().eq(other.banned.keys())
            && self.muted.keys().eq(other.muted.keys())
    }

    pub(super) fn is_persistent(&self) -> bool {
        self.record.as_ref().is_some_and(|room| room.persistent)
    }

    pub(super) fn members(&self) -> &[Member] {
        self.record.as_ref().map_or(&[], |room| &room.members)
    }

    /// Records who is no longer a member. When they are too many, everybody must enter again.
    pub(super) fn note_former(&mut self, before: &Self) {
        let is_member = |user: &UserId| self.membership(user, false).is_some();
        let members = before.members().iter().map(|member| &member.user_id);
        let former = before.former.iter().chain(members);
        self.former = former.filter(|user| !is_member(user)).cloned().collect();
        let is_kept = matches!(self.access(), Access::Password | Access::Invite);
        if !is_kept || self.number != before.number {
            self.former.clear();
        } else if self.former.len() > MAX_NAMED {
            self.former.clear();
            self.number += 1;
        }
    }

    /// Makes a user a member of a room that has settings.
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
        self.members().len() + self.banned.len() + self.muted.len()
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
    fn former_members_have_no_rights_where_strangers_need_credentials() {
        for (access, enters) in [
            (Access::Open, true),
            (Access::Password, false),
            (Access::Invite, false),
            (Access::Members, false),
        ] {
            let before = room(access);
            let mut after = room(access);
            after.record.as_mut().unwrap().members.clear();
            after.note_former(&before);

            assert_eq!(after.rights(&user("mary")).enter, enters, "{access:?}");
            // Strangers there have shown their credentials.
            let strangers = access != Access::Members;
            assert_eq!(after.rights(&user("eve")).enter, strangers, "{access:?}");

            let mut back = room(access);
            back.note_former(&after);
            assert!(back.rights(&user("mary")).send && back.former.is_empty());
        }
    }

    #[test]
    fn too_many_former_members_make_everybody_enter_again() {
        let mut before = room(Access::Invite);
        before.former = (0..MAX_NAMED).map(|n| user(&format!("u{n}"))).collect();
        let mut after = room(Access::Invite);
        after.record.as_mut().unwrap().members.clear();

        after.note_former(&before);

        assert_eq!((after.number, after.former.len()), (4, 0));
    }

    #[test]
    fn sending_needs_more_than_entering() {
        let sanction = || Sanction {
            at: Timestamp::UNIX_EPOCH,
            reason: None,
        };
        let rights = |change: &dyn Fn(&mut RoomGuard), name: &str| {
            let mut guard = room(Access::Open);
            change(&mut guard);
            let rights = guard.rights(&user(name));
            (rights.enter, rights.send)
        };

        assert_eq!(rights(&|_| {}, "mary"), (true, true));
        assert_eq!(rights(&|_| {}, "eve"), (true, true));
        assert_eq!(rights(&|_| {}, "rita"), (true, false));
        let mute = |guard: &mut RoomGuard| drop(guard.muted.insert(user("mary"), sanction()));
        assert_eq!(rights(&mute, "mary"), (true, false));
        let ban = |guard: &mut RoomGuard| drop(guard.banned.insert(user("mary"), sanction()));
        assert_eq!(rights(&ban, "mary"), (false, false));
        let persist = |guard: &mut RoomGuard| guard.record.as_mut().unwrap().persistent = true;
        assert_eq!(rights(&persist, "mary"), (true, false));
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
