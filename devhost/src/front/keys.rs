//! Function keys in requests.

use super::request::Request;
use crate::app::{AuthLevel, Keys};
use crate::forward;
use crate::http::Reply;

/// The level of the key that a caller sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyLevel {
    None,
    Function,
    Master,
}

/// The level of the caller's key, or a 401 if the function requires a higher one.
pub(super) fn check(
    keys: Option<&Keys>,
    level: AuthLevel,
    request: &Request,
) -> Result<KeyLevel, Box<Reply>> {
    let Some(keys) = keys else {
        return Ok(KeyLevel::None);
    };
    let level_of_caller = key_level(keys, request);
    let is_allowed = match level {
        AuthLevel::Anonymous => true,
        AuthLevel::Function => level_of_caller != KeyLevel::None,
        AuthLevel::Admin => level_of_caller == KeyLevel::Master,
    };
    if is_allowed {
        Ok(level_of_caller)
    } else {
        Err(Box::new(Reply::empty(401)))
    }
}

/// The header takes precedence over the query, even if its key is wrong.
pub(super) fn key_level(keys: &Keys, request: &Request) -> KeyLevel {
    let key = match request.header("x-functions-key") {
        Some(key) => key.to_owned(),
        None => {
            let query = forward::parse_query(&request.target.query);
            let code = query
                .into_iter()
                .find(|(name, _)| name.eq_ignore_ascii_case("code"));
            code.map(|(_, values)| values.join(",")).unwrap_or_default()
        }
    };
    if key.is_empty() {
        KeyLevel::None
    } else if key == keys.master {
        KeyLevel::Master
    } else if key == keys.function {
        KeyLevel::Function
    } else {
        KeyLevel::None
    }
}
