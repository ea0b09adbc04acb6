//! Routes of the REST API.

use http::Method;
use percent_encoding::percent_decode_str;

use super::error::RestError;
use crate::hub::Audience;
use crate::names;
use crate::permissions::Permission;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Operation {
    GenerateToken,
    Send(Target),
    Close(Target),
    Exists(Target),
    ListGroup {
        group: String,
    },
    AddToGroup {
        group: String,
        member: Target,
    },
    RemoveFromGroup {
        group: String,
        member: Target,
    },
    RemoveFromAllGroups {
        member: Target,
    },
    AddToGroups,
    RemoveFromGroups,
    GrantPermission {
        permission: Permission,
        connection: String,
    },
    RevokePermission {
        permission: Permission,
        connection: String,
    },
    CheckPermission {
        permission: Permission,
        connection: String,
    },
}

/// The connections that an operation addresses.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    Everyone,
    Group(String),
    User(String),
    Connection(String),
}

impl Target {
    pub(super) fn audience(&self) -> Audience<'_> {
        match self {
            Self::Everyone => Audience::Everyone,
            Self::Group(group) => Audience::Group(group),
            Self::User(user) => Audience::User(user),
            Self::Connection(id) => Audience::Connection(id),
        }
    }
}

/// The hub and the operation; `None` for an unknown route. An invalid parameter is reported only
/// after the token was checked.
pub(super) fn parse(method: &Method, path: &str) -> Option<(String, Result<Operation, RestError>)> {
    let (hub, rest) = path.strip_prefix("/api/hubs/")?.split_once('/')?;
    let segments: Vec<&str> = rest.split('/').collect();
    let operation = match (method.as_str(), segments.as_slice()) {
        ("POST", [":generateToken"]) => Ok(Operation::GenerateToken),
        ("POST", [":addToGroups"]) => Ok(Operation::AddToGroups),
        ("POST", [":removeFromGroups"]) => Ok(Operation::RemoveFromGroups),
        ("POST", [":send"]) => Ok(Operation::Send(Target::Everyone)),
        ("POST", [":closeConnections"]) => Ok(Operation::Close(Target::Everyone)),
        ("POST", [kind @ ("groups" | "users" | "connections"), name, ":send"]) => {
            target(kind, name).map(Operation::Send)
        }
        ("POST", [kind @ ("groups" | "users"), name, ":closeConnections"]) => {
            target(kind, name).map(Operation::Close)
        }
        ("DELETE", ["connections", id]) => connection(id).map(Operation::Close),
        ("HEAD", [kind @ ("groups" | "users" | "connections"), name]) => {
            target(kind, name).map(Operation::Exists)
        }
        ("GET", ["groups", name, "connections"]) => {
            group(name).map(|group| Operation::ListGroup { group })
        }
        ("PUT", ["groups", name, "connections", id]) => membership(name, connection(id))
            .map(|(group, member)| Operation::AddToGroup { group, member }),
        ("DELETE", ["groups", name, "connections", id]) => membership(name, connection(id))
            .map(|(group, member)| Operation::RemoveFromGroup { group, member }),
        ("PUT", ["users", id, "groups", name]) => membership(name, user(id))
            .map(|(group, member)| Operation::AddToGroup { group, member }),
        ("DELETE", ["users", id, "groups", name]) => membership(name, user(id))
            .map(|(group, member)| Operation::RemoveFromGroup { group, member }),
        ("DELETE", [kind @ ("users" | "connections"), name, "groups"]) => {
            target(kind, name).map(|member| Operation::RemoveFromAllGroups { member })
        }
        (method @ ("PUT" | "DELETE" | "HEAD"), ["permissions", name, "connections", id]) => {
            permission(method, name, id)
        }
        _ => return None,
    };
    Some((decode(hub), operation))
}

fn target(kind: &str, name: &str) -> Result<Target, RestError> {
    match kind {
        "groups" => group(name).map(Target::Group),
        "users" => user(name),
        _ => connection(name),
    }
}

fn group(segment: &str) -> Result<String, RestError> {
    let name = decode(segment);
    if names::is_group(&name) {
        Ok(name)
    } else {
        Err(RestError::invalid_group("group"))
    }
}

fn user(segment: &str) -> Result<Target, RestError> {
    match decode(segment) {
        id if id.is_empty() => Err(RestError::invalid(
            "userId",
            "The userId field is required.",
        )),
        id => Ok(Target::User(id)),
    }
}

fn connection(segment: &str) -> Result<Target, RestError> {
    match decode(segment) {
        id if id.is_empty() => Err(RestError::invalid(
            "connectionId",
            "The connectionId field is required.",
        )),
        id => Ok(Target::Connection(id)),
    }
}

fn membership(
    group_segment: &str,
    member: Result<Target, RestError>,
) -> Result<(String, Target), RestError> {
    Ok((group(group_segment)?, member?))
}

fn permission(method: &str, name: &str, id: &str) -> Result<Operation, RestError> {
    let permission = Permission::parse(name).ok_or_else(|| {
        RestError::invalid("permission", format!("The value '{name}' is not valid."))
    })?;
    let connection = decode(id);
    Ok(match method {
        "PUT" => Operation::GrantPermission {
            permission,
            connection,
        },
        "DELETE" => Operation::RevokePermission {
            permission,
            connection,
        },
        _ => Operation::CheckPermission {
            permission,
            connection,
        },
    })
}

/// Percent-decodes a path segment, except for escaped slashes: so does the service's web server.
fn decode(segment: &str) -> String {
    let mut decoded = String::new();
    let mut rest = segment;
    while let Some(at) = rest
        .as_bytes()
        .windows(3)
        .position(|triple| triple.eq_ignore_ascii_case(b"%2f"))
    {
        let (before, slash) = rest.split_at(at);
        let (slash, after) = slash.split_at(3);
        decoded.push_str(&percent_decode_str(before).decode_utf8_lossy());
        decoded.push_str(slash);
        rest = after;
    }
    decoded.push_str(&percent_decode_str(rest).decode_utf8_lossy());
    decoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(method: &str, path: &str) -> Option<Operation> {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let (hub, operation) = parse(&method, &format!("/api/hubs/chat/{path}"))?;
        assert_eq!(hub, "chat");
        operation.ok()
    }

    #[test]
    fn every_operation_has_its_route() {
        use Target::{Connection, Everyone, Group, User};
        let s = str::to_owned;
        let permission = Permission::SendToGroup;
        let table = [
            ("POST", ":generateToken", Operation::GenerateToken),
            ("POST", ":send", Operation::Send(Everyone)),
            ("POST", "groups/g/:send", Operation::Send(Group(s("g")))),
            ("POST", "users/u/:send", Operation::Send(User(s("u")))),
            (
                "POST",
                "connections/c/:send",
                Operation::Send(Connection(s("c"))),
            ),
            ("POST", ":closeConnections", Operation::Close(Everyone)),
            (
                "POST",
                "groups/g/:closeConnections",
                Operation::Close(Group(s("g"))),
            ),
            (
                "POST",
                "users/u/:closeConnections",
                Operation::Close(User(s("u"))),
            ),
            (
                "DELETE",
                "connections/c",
                Operation::Close(Connection(s("c"))),
            ),
            (
                "HEAD",
                "connections/c",
                Operation::Exists(Connection(s("c"))),
            ),
            ("HEAD", "groups/g", Operation::Exists(Group(s("g")))),
            ("HEAD", "users/u", Operation::Exists(User(s("u")))),
            (
                "GET",
                "groups/g/connections",
                Operation::ListGroup { group: s("g") },
            ),
            (
                "PUT",
                "groups/g/connections/c",
                Operation::AddToGroup {
                    group: s("g"),
                    member: Connection(s("c")),
                },
            ),
            (
                "DELETE",
                "groups/g/connections/c",
                Operation::RemoveFromGroup {
                    group: s("g"),
                    member: Connection(s("c")),
                },
            ),
            (
                "DELETE",
                "connections/c/groups",
                Operation::RemoveFromAllGroups {
                    member: Connection(s("c")),
                },
            ),
            (
                "PUT",
                "users/u/groups/g",
                Operation::AddToGroup {
                    group: s("g"),
                    member: User(s("u")),
                },
            ),
            (
                "DELETE",
                "users/u/groups/g",
                Operation::RemoveFromGroup {
                    group: s("g"),
                    member: User(s("u")),
                },
            ),
            (
                "DELETE",
                "users/u/groups",
                Operation::RemoveFromAllGroups {
                    member: User(s("u")),
                },
            ),
            ("POST", ":addToGroups", Operation::AddToGroups),
            ("POST", ":removeFromGroups", Operation::RemoveFromGroups),
            (
                "PUT",
                "permissions/sendToGroup/connections/c",
                Operation::GrantPermission {
                    permission,
                    connection: s("c"),
                },
            ),
            (
                "DELETE",
                "permissions/sendToGroup/connections/c",
                Operation::RevokePermission {
                    permission,
                    connection: s("c"),
                },
            ),
            (
                "HEAD",
                "permissions/sendToGroup/connections/c",
                Operation::CheckPermission {
                    permission,
                    connection: s("c"),
                },
            ),
        ];
        for (method, path, operation) in table {
            assert_eq!(parsed(method, path), Some(operation), "{method} {path}");
        }
    }

    #[test]
    fn an_escaped_slash_stays_escaped() {
        assert_eq!(decode("tenant%2Falice"), "tenant%2Falice");
        assert_eq!(decode("%252F"), "%2F");
        assert_eq!(decode("a%20b+c%C3%A9"), "a b+cé");
    }

    #[test]
    fn a_blank_name_is_refused() {
        let (_, operation) = parse(&Method::HEAD, "/api/hubs/chat/groups/%20").unwrap();

        assert!(operation.is_err());
    }

    #[test]
    fn other_paths_are_not_routes() {
        assert_eq!(parsed("GET", "nosuch"), None);
        assert_eq!(parsed("GET", ":send"), None);
        assert_eq!(parsed("POST", "connections/c/:closeConnections"), None);
    }
}
