//! What a change of a room's record means for those who are in it.
//!
//! Nobody can ask the service with which role a connection was negotiated. So whatever may be
//! too much is taken from all whom it may concern, and `sendToGroup` is given only to members
//! whom the record makes writers. Who gets less than the room would allow by now reconnects.

use super::guard::{Access, Member, RoomGuard};
use crate::conversation::room::Role;
use crate::ids::user_id::UserId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConnectionUpdate {
    Nothing,
    Adjust(Adjustment),
    /// Everybody comes in anew, or does not.
    CloseAll,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Adjustment {
    /// From now on everything said here passes through us.
    pub silence_all: bool,
    pub users: Vec<(UserId, Effect)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Hears nothing more and cannot come back in with this connection.
    Evict,
    /// Sends nothing more to the group.
    RevokeSend,
    /// May send to the group.
    GrantSend,
}

impl ConnectionUpdate {
    /// What `after` means for those whom `before` let in.
    pub(super) fn of(before: &RoomGuard, after: &RoomGuard) -> Self {
        if after.number != before.number || before.due.is_some() {
            return Self::CloseAll;
        }
        let was_persistent = is_persistent(before);
        let adjustment = Adjustment {
            silence_all: is_persistent(after) && !was_persistent,
            users: members(before)
                .iter()
                .filter(|member| role_in(after, &member.user_id).is_none())
                .filter(|_| after.access() != Access::Open)
                .map(|member| (member.user_id.clone(), Effect::Evict))
                .chain(members(after).iter().filter_map(|member| {
                    let effect = effect_on(member, before, after)?;
                    Some((member.user_id.clone(), effect))
                }))
                .collect(),
        };
        if adjustment == Adjustment::default() {
            Self::Nothing
        } else {
            Self::Adjust(adjustment)
        }
    }
}

fn effect_on(member: &Member, before: &RoomGuard, after: &RoomGuard) -> Option<Effect> {
    let user = &member.user_id;
    match (role_in(before, user), member.role) {
        // A stranger may have come in as a writer.
        (None | Some(Role::Writer), Role::Reader) => Some(Effect::RevokeSend),
        (Some(Role::Reader), Role::Writer) => voice(user, after),
        (_, Role::Writer) if is_persistent(before) => voice(user, after),
        (Some(Role::Reader), Role::Reader) | (None | Some(Role::Writer), Role::Writer) => None,
    }
}

fn voice(user: &UserId, guard: &RoomGuard) -> Option<Effect> {
    may_send(user, guard).then_some(Effect::GrantSend)
}

/// Whether the record alone lets a user send to the group. An id that anybody may take is
/// nobody's membership.
pub(super) fn may_send(user: &UserId, guard: &RoomGuard) -> bool {
    role_in(guard, user) == Some(Role::Writer)
        && !user.may_be_anonymous()
        && !is_persistent(guard)
        && !guard.banned.contains_key(user)
        && !guard.muted.contains_key(user)
}

fn is_persistent(guard: &RoomGuard) -> bool {
    guard.record.as_ref().is_some_and(|room| room.persistent)
}

fn members(guard: &RoomGuard) -> &[Member] {
    guard.record.as_ref().map_or(&[], |room| &room.members)
}

fn role_in(guard: &RoomGuard, user: &UserId) -> Option<Role> {
    guard.membership(user, false)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::RoomRecord;
    use super::*;

    fn guard(access: Access, persistent: bool, members: &[(&str, Role)]) -> RoomGuard {
        let members = members.iter().map(|(name, role)| Member {
            user_id: UserId::parse(name).unwrap(),
            role: *role,
        });
        RoomGuard {
            record: Some(RoomRecord {
                name: None,
                access,
                password_hash: None,
                persistent,
                members: members.collect(),
                created_at: Timestamp::UNIX_EPOCH,
            }),
            ..RoomGuard::default()
        }
    }

    fn adjusted(before: &RoomGuard, after: &RoomGuard) -> Vec<(String, Effect)> {
        match ConnectionUpdate::of(before, after) {
            ConnectionUpdate::Adjust(adjustment) => {
                let users = adjustment.users.into_iter();
                users
                    .map(|(user, effect)| (user.to_string(), effect))
                    .collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn members_who_leave_a_guarded_room_are_put_out_and_new_readers_are_silenced() {
        use Role::{Reader, Writer};
        let before = [
            ("gone", Writer),
            ("down", Writer),
            ("up", Reader),
            ("same", Writer),
        ];
        let after = [
            ("down", Reader),
            ("up", Writer),
            ("same", Writer),
            ("new", Reader),
        ];

        for access in [Access::Password, Access::Invite, Access::Members] {
            assert_eq!(
                adjusted(
                    &guard(access, false, &before),
                    &guard(access, false, &after)
                ),
                [
                    ("gone".to_owned(), Effect::Evict),
                    ("down".to_owned(), Effect::RevokeSend),
                    ("up".to_owned(), Effect::GrantSend),
                    ("new".to_owned(), Effect::RevokeSend),
                ]
            );
        }
    }

    #[test]
    fn nobody_needs_to_be_a_member_of_an_open_room() {
        let before = guard(Access::Open, false, &[("gone", Role::Writer)]);

        let after = guard(Access::Open, false, &[]);

        assert_eq!(
            ConnectionUpdate::of(&before, &after),
            ConnectionUpdate::Nothing
        );
    }

    #[test]
    fn the_end_of_persistence_gives_a_voice_to_writers_that_the_record_names() {
        use Role::{Reader, Writer};
        let members = [
            ("w", Writer),
            ("r", Reader),
            ("anon:w", Writer),
            ("muted", Writer),
        ];
        let before = guard(Access::Open, true, &members);
        let mut after = guard(Access::Open, false, &members);
        let sanction = super::super::Sanction {
            at: Timestamp::UNIX_EPOCH,
            reason: None,
        };
        after
            .muted
            .insert(UserId::parse("muted").unwrap(), sanction);

        assert_eq!(
            adjusted(&before, &after),
            [("w".to_owned(), Effect::GrantSend)]
        );
    }

    #[test]
    fn persistence_silences_everybody_and_gives_nobody_a_voice() {
        let before = guard(Access::Open, false, &[("up", Role::Reader)]);
        let after = guard(Access::Open, true, &[("up", Role::Writer)]);

        let expected = Adjustment {
            silence_all: true,
            users: Vec::new(),
        };
        assert_eq!(
            ConnectionUpdate::of(&before, &after),
            ConnectionUpdate::Adjust(expected)
        );
    }

    #[test]
    fn what_was_left_undone_is_made_up_for_by_closing() {
        let before = RoomGuard {
            due: Some(uuid::Uuid::nil()),
            ..RoomGuard::default()
        };

        assert_eq!(
            ConnectionUpdate::of(&before, &before),
            ConnectionUpdate::CloseAll
        );
    }
}
