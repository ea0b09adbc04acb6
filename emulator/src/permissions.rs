//! What a connection may do to which group: from its roles, then from grants over REST.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::pattern::Pattern;

/// Patterns of one permission that count; further ones are ignored.
const MAX_PATTERNS: usize = 10;
/// Groups named one by one, granted and denied together, for one permission.
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

/// The groups named one by one, after all that was granted and revoked.
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

/// More groups were named one by one than the service keeps.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyRules;

impl Permissions {
    /// Roles that say nothing known are ignored.
    pub(crate) fn from_roles<S: AsRef<str>>(roles: impl IntoIterator<Item = S>) -> Self {
        let mut permissions = Self::default();
        for role in roles {
            permissions.add_role(role.as_ref());
        }
        permissions
    }

    /// As they were when they were exported.
    pub(crate) fn restored(roles: &[String], exceptions: Exceptions) -> Self {
        let mut permissions = Self::from_roles(roles);
        permissions.join_leave.restore(exceptions.join_leave);
        permissions.send.restore(exceptions.send);
        permissions
    }

    /// What roles alone do not tell.
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

    /// Denies that very group even where a role allows it widely, until it is granted again.
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
    /// What follows the permission in a role: nothing, `.group`, or `s.pattern`.
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
    fn a_group_in_a_role_is_everything_after_the_prefix() {
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
    fn a_thousand_groups_can_be_named() {
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
