use super::Request;
use crate::app::{AuthLevel, Keys};
use crate::forward;
use crate::http::Reply;

/// The key a caller showed, as far as it opens anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ShownKey {
    None,
    Function,
    Master,
}

/// What the caller's key opens, or the 401 for a function it does not.
pub(super) fn check(
    keys: Option<&Keys>,
    level: AuthLevel,
    request: &Request,
) -> Result<ShownKey, Box<Reply>> {
    let Some(keys) = keys else {
        return Ok(ShownKey::None);
    };
    let shown = shown(keys, request);
    let opens = match level {
        AuthLevel::Anonymous => true,
        AuthLevel::Function => shown != ShownKey::None,
        AuthLevel::Admin => shown == ShownKey::Master,
    };
    if opens {
        Ok(shown)
    } else {
        Err(Box::new(Reply::empty(401)))
    }
}

/// The header wins over the query, even where it is wrong.
pub(super) fn shown(keys: &Keys, request: &Request) -> ShownKey {
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
        ShownKey::None
    } else if key == keys.master {
        ShownKey::Master
    } else if key == keys.function {
        ShownKey::Function
    } else {
        ShownKey::None
    }
}
