//! What a connection may do in which group: its roles, then grants and revocations over REST.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::pattern::Pattern;

/// Further patterns of a permission are ignored.
const MAX_PATTERNS: usize = 10;
/// The most groups that can be granted or denied by name for one permission.
const MAX_LITERALS: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    JoinLeaveGroup,
    SendToGroup,
}

impl Permission {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let named = |known: &str| name.eq_ignore_ascii_case(known);
        if named("joinLeaveGroup") {
            Some(Self::JoinLeaveGroup)
        } else if named("sendToGroup") {
            Some(Self::SendToGroup)
        } else {
            None
        }
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Permissions {
    join_leave: Rules,
    send: Rules,
}

/// The groups that were granted or denied by name.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Exceptions {
    pub(crate) join_leave: Literals,
    pub(crate) send: Literals,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Literals {
    pub(crate) granted: BTreeSet<String>,
    pub(crate) denied: BTreeSet<String>,
}

/// The limit of groups by name is reached.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyRules;

impl Permissions {
    /// Ignores unknown roles.
    pub(crate) fn from_roles<S: AsRef<str>>(roles: impl IntoIterator<Item = S>) -> Self {
        let mut permissions = Self::default();
        for role in roles {
            permissions.add_role(role.as_ref());
        }
        permissions
    }

    /// Restores exported permissions.
    pub(crate) fn restored(roles: &[String], exceptions: Exceptions) -> Self {
        let mut permissions = Self::from_roles(roles);
        permissions.join_leave.restore(exceptions.join_leave);
        permissions.send.restore(exceptions.send);
        permissions
    }

    /// The permissions that roles alone do not give.
    pub(crate) fn exceptions(&self) -> Exceptions {
        Exceptions {
            join_leave: self.join_leave.literals(),
            send: self.send.literals(),
        }
    }

    fn add_role(&mut self, role: &str) {
        let Some(role) = role.strip_prefix("webpubsub.") else {
            return;
        };
        if let Some(scope) = role.strip_prefix("joinLeaveGroup") {
            self.join_leave.add_scope(scope);
        } else if let Some(scope) = role.strip_prefix("sendToGroup") {
            self.send.add_scope(scope);
        }
    }

    pub(crate) fn allows(&self, permission: Permission, group: &str) -> bool {
        self.rules(permission).allow(group)
    }

    pub(crate) fn grant(
        &mut self,
        permission: Permission,
        group: &str,
    ) -> Result<(), TooManyRules> {
        let rules = self.rules_mut(permission);
        rules.make_room(group)?;
        rules.denied.remove(group);
        rules.granted.insert(group.to_owned());
        Ok(())
    }

    /// Denies this group, even under a role for every group, until it is granted again.
    pub(crate) fn revoke(
        &mut self,
        permission: Permission,
        group: &str,
    ) -> Result<(), TooManyRules> {
        let rules = self.rules_mut(permission);
        rules.make_room(group)?;
        rules.granted.remove(group);
        rules.denied.insert(group.to_owned());
        Ok(())
    }

    fn rules(&self, permission: Permission) -> &Rules {
        match permission {
            Permission::JoinLeaveGroup => &self.join_leave,
            Permission::SendToGroup => &self.send,
        }
    }

    fn rules_mut(&mut self, permission: Permission) -> &mut Rules {
        match permission {
            Permission::JoinLeaveGroup => &mut self.join_leave,
            Permission::SendToGroup => &mut self.send,
        }
    }
}

#[derive(Debug, Clone, Default)]
struct Rules {
    every_group: bool,
    granted: BTreeSet<String>,
    denied: BTreeSet<String>,
    patterns: Vec<Pattern>,
}

impl Rules {
    /// The part of a role after the permission: nothing, `.group`, or `s.pattern`.
    fn add_scope(&mut self, scope: &str) {
        if scope.is_empty() {
            self.every_group = true;
        } else if let Some(group) = scope.strip_prefix('.') {
            if !group.is_empty() && self.granted.len() < MAX_LITERALS {
                self.granted.insert(group.to_owned());
            }
        } else if let Some(pattern) = scope.strip_prefix("s.").and_then(Pattern::parse)
            && self.patterns.len() < MAX_PATTERNS
        {
            self.patterns.push(pattern);
        }
    }

    fn restore(&mut self, literals: Literals) {
        self.granted = literals.granted;
        self.denied = literals.denied;
    }

    fn literals(&self) -> Literals {
        Literals {
            granted: self.granted.clone(),
            denied: self.denied.clone(),
        }
    }

    fn allow(&self, group: &str) -> bool {
        !self.denied.contains(group)
            && (self.every_group
                || self.granted.contains(group)
                || self.patterns.iter().any(|pattern| pattern.matches(group)))
    }

    fn make_room(&self, group: &str) -> Result<(), TooManyRules> {
        let known = self.granted.contains(group) || self.denied.contains(group);
        if known || self.granted.len() + self.denied.len() < MAX_LITERALS {
            Ok(())
        } else {
            Err(TooManyRules)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Permission::{JoinLeaveGroup, SendToGroup};
    use super::*;

    #[test]
    fn a_bare_role_means_every_group() {
        let permissions = Permissions::from_roles(["webpubsub.sendToGroup"]);

        assert!(permissions.allows(SendToGroup, "any"));
        assert!(!permissions.allows(JoinLeaveGroup, "any"));
    }

    #[test]
    fn everything_after_the_prefix_of_a_role_is_the_group() {
        let permissions = Permissions::from_roles(["webpubsub.joinLeaveGroup.a.b"]);

        assert!(permissions.allows(JoinLeaveGroup, "a.b"));
        assert!(!permissions.allows(JoinLeaveGroup, "a"));
    }

    #[test]
    fn a_pattern_needs_the_plural() {
        let permissions =
            Permissions::from_roles(["webpubsub.sendToGroups.x*", "webpubsub.sendToGroup.y*"]);

        assert!(permissions.allows(SendToGroup, "xyz"));
        assert!(!permissions.allows(SendToGroup, "yz"));
        assert!(permissions.allows(SendToGroup, "y*"));
    }

    #[test]
    fn a_revoked_group_stays_denied_under_a_wide_role_until_granted() {
        let mut permissions = Permissions::from_roles(["webpubsub.sendToGroup"]);

        permissions.revoke(SendToGroup, "g").unwrap();

        assert!(!permissions.allows(SendToGroup, "g"));
        assert!(permissions.allows(SendToGroup, "h"));
        permissions.grant(SendToGroup, "g").unwrap();
        assert!(permissions.allows(SendToGroup, "g"));
    }

    #[test]
    fn at_most_a_thousand_groups_can_be_named() {
        let mut permissions = Permissions::default();
        for n in 0..1000 {
            permissions.grant(SendToGroup, &n.to_string()).unwrap();
        }

        assert_eq!(permissions.grant(SendToGroup, "more"), Err(TooManyRules));
        assert_eq!(permissions.revoke(SendToGroup, "7"), Ok(()));
    }

    #[test]
    fn unknown_roles_are_ignored() {
        let permissions =
            Permissions::from_roles(["nonsense", "webpubsub.other", "webpubsub.sendToGroupie"]);

        assert!(!permissions.allows(SendToGroup, "ie"));
    }
}
