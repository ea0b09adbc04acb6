//! Reads a user from verified claims, in the forms that identity providers use.

use serde_json::{Map, Value};

use super::sign_in::SignIn;
use crate::config::ClaimNames;
use crate::ids::user_id::UserId;

/// The claims of a token whose signature and times were verified.
pub(super) type Claims = Map<String, Value>;

pub(super) fn sign_in(claims: &Claims, names: &ClaimNames) -> Result<SignIn, &'static str> {
    let id = find(claims, &names.user).and_then(text);
    let id = id.ok_or("it names no user")?;
    Ok(SignIn {
        user: UserId::signed_in(&id).map_err(|_| "its user id cannot be used")?,
        name: ["name", "preferred_username"]
            .iter()
            .find_map(|name| claims.get(*name)?.as_str())
            .filter(|name| !name.is_empty())
            .map(str::to_owned),
        organizations: find(claims, &names.organizations)
            .map(organizations)
            .unwrap_or_default(),
        roles: roles(claims, &names.roles),
        expires_at: claims.get("exp").and_then(seconds),
    })
}

/// Reads a NumericDate, which may have a fraction.
pub(super) fn seconds(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().map(|f| f as i64))
}

/// Finds a claim by its name, or by its path: `realm_access.roles`. Namespaced names contain dots
/// and slashes themselves, so the whole name is tried first.
fn find<'a>(claims: &'a Claims, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let mut parts = name.split('.');
    let first = claims.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

/// Reads text, or a number: some systems number their users.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Reads a list, comma-separated text, or Keycloak's `{alias: {id}}`, where both alias and id
/// count.
fn organizations(value: &Value) -> Vec<String> {
    match value {
        Value::Object(by_alias) => {
            let mut all = Vec::new();
            for (alias, details) in by_alias {
                all.push(alias.clone());
                all.extend(details.get("id").and_then(text));
            }
            all
        }
        _ => list(value),
    }
}

/// Reads the configured claim, and always Keycloak's realm roles too.
fn roles(claims: &Claims, name: &str) -> Vec<String> {
    let mut roles = find(claims, name).map(list).unwrap_or_default();
    if let Some(realm) = claims.get("realm_access").and_then(|r| r.get("roles")) {
        roles.extend(list(realm));
    }
    roles
}

pub(super) fn list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(values) => values.iter().filter_map(text).collect(),
        Value::String(commas) => {
            let entries = commas.split(',').map(str::trim);
            entries
                .filter(|e| !e.is_empty())
                .map(str::to_owned)
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(claims: Value) -> Result<SignIn, &'static str> {
        let names = ClaimNames {
            user: "sub".to_owned(),
            organizations: "organizations".to_owned(),
            roles: "roles".to_owned(),
        };
        sign_in(claims.as_object().unwrap(), &names)
    }

    #[test]
    fn organizations_come_in_three_forms() {
        let forms = [
            json!(["acme", "umbrella"]),
            json!("acme, umbrella"),
            json!({ "acme": { "id": "umbrella" } }),
        ];

        for form in forms {
            let user = read(json!({ "sub": "alice", "organizations": form })).unwrap();

            assert!(user.is_member_of(&"acme".parse().unwrap()));
            assert!(user.is_member_of(&"umbrella".parse().unwrap()));
            assert!(!user.is_member_of(&"acm".parse().unwrap()));
        }
    }

    #[test]
    fn realm_roles_count_in_addition_to_the_configured_claim() {
        let claims =
            json!({ "sub": "a", "roles": ["devices"], "realm_access": { "roles": ["admin"] } });

        let user = read(claims).unwrap();

        assert!(user.has_right("devices") && user.has_right("admin"));
        assert!(!user.has_right("publisher"));
    }

    #[test]
    fn a_claim_may_be_named_by_its_path() {
        let claims = json!({ "a.b": 1, "a": { "b": 2, "c": 3 } });
        let claims = claims.as_object().unwrap();

        assert_eq!(find(claims, "a.b"), Some(&json!(1)));
        assert_eq!(find(claims, "a.c"), Some(&json!(3)));
        assert_eq!(find(claims, "a.c.d"), None);
    }

    #[test]
    fn a_user_id_may_be_a_number() {
        assert_eq!(read(json!({ "sub": 42 })).unwrap().user().as_str(), "42");
    }

    #[test]
    fn a_token_without_a_usable_user_is_refused() {
        for sub in [
            json!(null),
            json!(""),
            json!({}),
            json!("a\u{7}"),
            json!("x".repeat(257)),
        ] {
            assert!(read(json!({ "sub": sub })).is_err(), "{sub}");
        }
    }
}
