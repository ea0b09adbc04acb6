//! Compares two guards of a room: which open connections a change concerns.

use std::collections::BTreeMap;

use super::Role;
use super::guard::RoomGuard;
use crate::ids::user_id::UserId;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ConnectionUpdate {
    Nothing,
    Adjust(Adjustment),
    /// Everybody must enter again.
    CloseAll,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Adjustment {
    /// Whether the rights of all writers may have changed.
    pub(super) all_voices: bool,
    pub(super) users: BTreeMap<UserId, MemberUpdate>,
}

/// What changes for the connections of a user, besides that they get the rights that they have now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MemberUpdate {
    pub(super) voice: VoiceMove,
    /// Whether the connections may have been evicted before, and are let in again.
    pub(super) let_in: bool,
}

/// How connections move between writers and readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum VoiceMove {
    Keep,
    In,
    Out,
}

impl ConnectionUpdate {
    /// What `after` changes for connections that `before` admitted.
    pub(super) fn of(before: &RoomGuard, after: &RoomGuard) -> Self {
        if after.number != before.number || before.due.is_some() {
            return Self::CloseAll;
        }
        let all = before.members().iter().chain(after.members());
        let users = all.filter_map(|member| {
            let user = &member.user_id;
            let update = MemberUpdate::of(role_in(before, user), role_in(after, user))?;
            Some((user.clone(), update))
        });
        let adjustment = Adjustment {
            all_voices: before.is_persistent() != after.is_persistent(),
            users: users.collect(),
        };
        if adjustment == Adjustment::default() {
            Self::Nothing
        } else {
            Self::Adjust(adjustment)
        }
    }
}

impl Adjustment {
    /// Adds those whom an earlier adjustment concerned: what it did may no longer be right.
    pub(super) fn including(mut self, earlier: &Self, guard: &RoomGuard) -> Self {
        self.all_voices |= earlier.all_voices;
        for user in earlier.users.keys() {
            let update = MemberUpdate {
                voice: match role_in(guard, user) {
                    None => VoiceMove::Keep,
                    Some(Role::Reader) => VoiceMove::Out,
                    Some(Role::Writer) => VoiceMove::In,
                },
                let_in: true,
            };
            self.users.insert(user.clone(), update);
        }
        self
    }
}

impl MemberUpdate {
    fn of(before: Option<Role>, after: Option<Role>) -> Option<Self> {
        if before == after {
            return None;
        }
        Some(Self {
            voice: match (before, after) {
                // A stranger may have entered as a writer.
                (_, Some(Role::Reader)) => VoiceMove::Out,
                (Some(Role::Reader), Some(Role::Writer)) => VoiceMove::In,
                (_, None) | (None | Some(Role::Writer), Some(Role::Writer)) => VoiceMove::Keep,
            },
            let_in: before.is_none(),
        })
    }
}

/// Anyone may take an anonymous id, so it carries no membership.
fn role_in(guard: &RoomGuard, user: &UserId) -> Option<Role> {
    guard.membership(user, user.may_be_anonymous())
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::{Access, Member, RoomRecord};
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

    fn adjustment(before: &RoomGuard, after: &RoomGuard) -> Adjustment {
        match ConnectionUpdate::of(before, after) {
            ConnectionUpdate::Adjust(adjustment) => adjustment,
            other => panic!("{other:?}"),
        }
    }

    fn adjusted(before: &RoomGuard, after: &RoomGuard) -> Vec<(String, VoiceMove, bool)> {
        let users = adjustment(before, after).users.into_iter();
        users
            .map(|(user, update)| (user.to_string(), update.voice, update.let_in))
            .collect()
    }

    #[test]
    fn every_member_whose_role_changed_is_adjusted() {
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
            ("back", Writer),
        ];

        for access in [
            Access::Open,
            Access::Password,
            Access::Invite,
            Access::Members,
        ] {
            assert_eq!(
                adjusted(
                    &guard(access, false, &before),
                    &guard(access, false, &after)
                ),
                [
                    ("back".to_owned(), VoiceMove::Keep, true),
                    ("down".to_owned(), VoiceMove::Out, false),
                    ("gone".to_owned(), VoiceMove::Keep, false),
                    ("new".to_owned(), VoiceMove::Out, true),
                    ("up".to_owned(), VoiceMove::In, false),
                ]
            );
        }
    }

    #[test]
    fn an_anonymous_id_is_adjusted_as_nobodys_membership() {
        let before = guard(Access::Open, false, &[]);
        let after = guard(Access::Open, false, &[("anon:w", Role::Writer)]);

        assert_eq!(
            ConnectionUpdate::of(&before, &after),
            ConnectionUpdate::Nothing
        );
    }

    #[test]
    fn beginning_and_end_of_persistence_concern_all_writers() {
        let members = [("w", Role::Writer)];
        let (passing, kept) = (
            guard(Access::Open, false, &members),
            guard(Access::Open, true, &members),
        );
        let expected = Adjustment {
            all_voices: true,
            users: BTreeMap::new(),
        };

        assert_eq!(adjustment(&passing, &kept), expected);
        assert_eq!(adjustment(&kept, &passing), expected);
    }

    #[test]
    fn a_repeat_also_covers_those_whom_only_the_first_round_concerned() {
        let before = guard(Access::Members, false, &[("wanda", Role::Writer)]);
        let without = guard(Access::Members, false, &[]);
        let first = adjustment(&before, &without);

        let second = Adjustment::default().including(&first, &before);

        let wanda = second.users[&UserId::parse("wanda").unwrap()];
        assert_eq!((wanda.voice, wanda.let_in), (VoiceMove::In, true));
    }

    #[test]
    fn an_unfinished_change_closes_everything() {
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
