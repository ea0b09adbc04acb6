//! JSON Web Tokens signed with an access key, for clients and REST calls.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::header::{AUTHORIZATION, HeaderMap};
use serde_json::{Map, Value, json};
use sha2::Sha256;
use thiserror::Error;

use crate::config::Keys;

/// The tolerated difference between two machines' clocks.
const SKEW_SECONDS: i64 = 5 * 60;

/// The claims of a token whose signature and times were checked.
#[derive(Debug, Clone, Default)]
pub(crate) struct Claims(Map<String, Value>);

#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum TokenError {
    #[error("the token is not a JSON Web Token signed with HS256")]
    Malformed,
    #[error("the token's signature matches neither access key")]
    Signature,
    #[error("the token has no expiry")]
    NoExpiry,
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
}

impl Claims {
    /// Checks the signature, then the times. `now` is in seconds.
    pub(crate) fn verify(token: &str, keys: &Keys, now: i64) -> Result<Self, TokenError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let header: Value = decode(header)?;
        if header.get("alg").and_then(Value::as_str) != Some("HS256") {
            return Err(TokenError::Malformed);
        }
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| TokenError::Malformed)?;
        let genuine = keys.iter().any(|key| {
            mac(key, signed.as_bytes()).is_some_and(|mac| mac.verify_slice(&signature).is_ok())
        });
        if !genuine {
            return Err(TokenError::Signature);
        }
        let claims = Self(decode(payload)?);
        claims.check_times(now)?;
        Ok(claims)
    }

    /// Reads a token whose signature cannot be checked, because its keys are not available. Only
    /// the times are checked.
    pub(crate) fn unverified(token: &str, now: i64) -> Result<Self, TokenError> {
        let mut parts = token.split('.');
        let (Some(header), Some(payload), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(TokenError::Malformed);
        };
        decode::<Value>(header)?;
        let claims = Self(decode(payload)?);
        claims.check_times(now)?;
        Ok(claims)
    }

    fn check_times(&self, now: i64) -> Result<(), TokenError> {
        let expiry = self.seconds("exp").ok_or(TokenError::NoExpiry)?;
        if expiry.saturating_add(SKEW_SECONDS) < now {
            return Err(TokenError::Expired);
        }
        match self.seconds("nbf") {
            Some(start) if start > now.saturating_add(SKEW_SECONDS) => Err(TokenError::NotYetValid),
            _ => Ok(()),
        }
    }

    fn seconds(&self, claim: &str) -> Option<i64> {
        let value = self.0.get(claim)?;
        // Drops the fraction of a second.
        value.as_i64().or_else(|| value.as_f64().map(|s| s as i64))
    }

    /// The user id. An empty one counts as none.
    pub(crate) fn user(&self) -> Option<&str> {
        let user = self.0.get("sub")?.as_str()?;
        (!user.is_empty()).then_some(user)
    }

    /// A claim that is one string or an array of strings.
    pub(crate) fn strings(&self, claim: &str) -> Vec<String> {
        match self.0.get(claim) {
            Some(Value::Array(values)) => values.iter().map(text).collect(),
            Some(Value::Null) | None => Vec::new(),
            Some(value) => vec![text(value)],
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The bearer token of an `Authorization` header.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// Signs claims with the primary key.
pub(crate) fn sign(claims: &Value, keys: &Keys) -> String {
    let header = URL_SAFE_NO_PAD.encode(json!({"alg": "HS256", "typ": "JWT"}).to_string());
    let payload = URL_SAFE_NO_PAD.encode(claims.to_string());
    let signed = format!("{header}.{payload}");
    let signature = mac(keys.primary(), signed.as_bytes())
        .map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
        .unwrap_or_default();
    format!("{signed}.{signature}")
}

fn decode<T: serde::de::DeserializeOwned>(part: &str) -> Result<T, TokenError> {
    let bytes = URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&bytes).map_err(|_| TokenError::Malformed)
}

/// The key is the text of the access key. It is not base64-decoded.
pub(crate) fn mac(key: &str, message: &[u8]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).ok()?;
    mac.update(message);
    Some(mac)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000;

    fn keys() -> Keys {
        Keys::new(
            "primary-primary-primary-primary-1",
            Some("secondary-secondary-secondary-22"),
        )
        .unwrap()
    }

    fn verify(claims: Value) -> Result<Claims, TokenError> {
        Claims::verify(&sign(&claims, &keys()), &keys(), NOW)
    }

    #[test]
    fn either_key_may_have_signed() {
        let secondary = Keys::new("secondary-secondary-secondary-22", None).unwrap();
        let token = sign(&json!({"exp": NOW}), &secondary);

        assert!(verify(json!({"exp": NOW})).is_ok());
        assert!(Claims::verify(&token, &keys(), NOW).is_ok());
    }

    #[test]
    fn another_key_is_refused() {
        let foreign = Keys::new("foreign-foreign-foreign-foreign-3", None).unwrap();
        let token = sign(&json!({"exp": NOW}), &foreign);

        assert_eq!(
            Claims::verify(&token, &keys(), NOW).unwrap_err(),
            TokenError::Signature
        );
    }

    #[test]
    fn an_unsigned_token_is_refused() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        let payload = URL_SAFE_NO_PAD.encode(json!({"exp": NOW}).to_string());

        let result = Claims::verify(&format!("{header}.{payload}."), &keys(), NOW);

        assert_eq!(result.unwrap_err(), TokenError::Malformed);
    }

    #[test]
    fn five_minutes_of_skew_are_tolerated() {
        assert!(verify(json!({"exp": NOW - 299})).is_ok());
        assert_eq!(
            verify(json!({"exp": NOW - 301})).unwrap_err(),
            TokenError::Expired
        );
        assert!(verify(json!({"exp": NOW, "nbf": NOW + 299})).is_ok());
        assert_eq!(
            verify(json!({"exp": NOW, "nbf": NOW + 301})).unwrap_err(),
            TokenError::NotYetValid
        );
    }

    #[test]
    fn a_token_must_expire() {
        assert_eq!(verify(json!({})).unwrap_err(), TokenError::NoExpiry);
    }

    #[test]
    fn a_claim_may_be_a_string_or_a_list() {
        let claims =
            verify(json!({"exp": NOW, "role": "a", "webpubsub.group": ["g", "h"]})).unwrap();

        assert_eq!(claims.strings("role"), ["a"]);
        assert_eq!(claims.strings("webpubsub.group"), ["g", "h"]);
        assert!(claims.strings("none").is_empty());
    }
}
