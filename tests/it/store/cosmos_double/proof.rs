//! Authorization of calls: a signature with the account's key over verb, kind, name and date, or a
//! token.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::fmt::rfc2822::DateTimeParser;
use sha2::Sha256;
use url::form_urlencoded;

use super::Options;
use super::call::Call;
use super::reply::Reply;

pub(super) type Key = Hmac<Sha256>;

/// The largest difference between the clocks.
const MAX_SKEW_SECONDS: i64 = 15 * 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Proof {
    Key,
    Token,
}

pub(super) fn key(base64: &str) -> Key {
    Key::new_from_slice(&STANDARD.decode(base64).unwrap()).unwrap()
}

pub(super) fn check(call: &Call, key: &Key, options: &Options) -> Result<Proof, Reply> {
    let shown = call.header("authorization");
    let shown =
        shown.ok_or_else(|| Reply::error(401, "Required Header authorization is missing."))?;
    // The header is escaped as a whole, so it parses as one name without a value.
    let text: String = form_urlencoded::parse(shown.as_bytes())
        .map(|(name, _)| name.into_owned())
        .collect();
    let part = |name: &str| {
        let mut parts = text.splitn(3, '&');
        parts.find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
    };
    if call.header("x-ms-version").is_none() {
        return Err(Reply::error(
            400,
            "Required Header x-ms-version is missing.",
        ));
    }
    match (part("type"), part("ver"), part("sig")) {
        (Some("master"), Some("1.0"), Some(signature)) => {
            signed(call, signature, key, options)?;
            Ok(Proof::Key)
        }
        (Some("aad"), Some("1.0"), Some(token)) if Some(token) == options.token => Ok(Proof::Token),
        _ => Err(refused()),
    }
}

fn signed(call: &Call, signature: &str, key: &Key, options: &Options) -> Result<(), Reply> {
    let date = call.header("x-ms-date").ok_or_else(refused)?;
    let when = DateTimeParser::new().parse_timestamp(date);
    let when = when.map_err(|_| Reply::error(401, "The input date header is invalid format."))?;
    // An even number of segments names one resource, an odd number all resources of a kind.
    let path: Vec<&str> = call.path.iter().map(String::as_str).collect();
    let (kind, link) = match path.len() {
        0 => ("", String::new()),
        n if n % 2 == 0 => (path[n - 2], path.join("/")),
        n => (path[n - 1], path[..n - 1].join("/")),
    };
    let text = format!(
        "{}\n{}\n{link}\n{}\n\n",
        call.method.as_str().to_lowercase(),
        kind.to_lowercase(),
        date.to_lowercase(),
    );
    let mut mac = key.clone();
    mac.update(text.as_bytes());
    let signature = STANDARD.decode(signature).map_err(|_| refused())?;
    mac.verify_slice(&signature).map_err(|_| refused())?;
    let skew = options.clock.now().as_second() - when.as_second();
    if skew.abs() > MAX_SKEW_SECONDS {
        let message = "The authorization token is not valid at the current time.";
        return Err(Reply::error(403, message));
    }
    Ok(())
}

fn refused() -> Reply {
    Reply::error(
        401,
        "The input authorization token can't serve the request.",
    )
}
