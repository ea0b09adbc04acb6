//! A request for access, as admission decides it.

use secrecy::SecretString;

use crate::access::caller::Caller;
use crate::access::rate_limit::RateLimitKey;
use crate::conversation::room::Role;
use crate::ids::target::{Channel, Target};
use crate::ids::user_id::UserId;

/// The access that a caller requests.
#[derive(Debug, Clone)]
pub struct AccessRequest {
    pub targets: Vec<Target>,
    pub requested_role: Role,
    pub display_name: Option<String>,
    pub credentials: RoomCredentials,
}

/// Credentials for guarded rooms. Only `negotiate` accepts them.
#[derive(Debug, Clone, Default)]
pub struct RoomCredentials {
    pub password: Option<SecretString>,
    pub invite: Option<SecretString>,
}

/// The user who requests access, and the verified caller.
#[derive(Debug)]
pub struct Principal<'a> {
    pub caller: &'a Caller,
    pub user: UserId,
    /// Wrong passwords are counted under this key.
    pub limit_key: RateLimitKey,
}

/// The close code of a bad token. It differs for sessions and feeds; that of sessions wins.
pub fn token_close_code(targets: &[Target]) -> Option<u16> {
    let any = |is_such: fn(&Target) -> bool| targets.iter().any(is_such);
    if any(|t| matches!(t, Target::Session(_))) {
        Some(4003)
    } else if any(|t| matches!(t, Target::Org(_) | Target::Channel(Channel::Notifications))) {
        Some(4001)
    } else {
        None
    }
}
