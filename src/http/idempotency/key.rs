//! The header `Idempotency-Key`.

use axum::http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::http::problem::Problem;

const NAME: &str = "idempotency-key";
const MAX_LENGTH: usize = 200;

/// The caller's name for one operation: 1 to 200 characters of visible ASCII. It is a secret of
/// the caller, so `Debug` hides it.
#[derive(Clone)]
pub struct IdempotencyKey(String);

/// For the OpenAPI document.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "describes the header; `IdempotencyKey` reads it")]
pub struct IdempotencyHeader {
    /// 1 to 200 characters of visible ASCII. For 24 hours a repeated call with the same key gets
    /// the first answer again and has no other effect.
    #[serde(rename = "Idempotency-Key")]
    #[param(rename = "Idempotency-Key")]
    idempotency_key: Option<String>,
}

impl IdempotencyKey {
    pub fn read(headers: &HeaderMap) -> Result<Option<Self>, Problem> {
        let mut values = headers.get_all(NAME).iter();
        let Some(value) = values.next() else {
            return Ok(None);
        };
        let text = value.to_str().unwrap_or_default().trim();
        let is_valid = (1..=MAX_LENGTH).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_graphic());
        // The Functions host joins several keys with a space, which no key contains.
        if !is_valid || values.next().is_some() {
            return Err(Problem::invalid_parameter(
                "`Idempotency-Key` must be 1 to 200 characters of visible ASCII",
            ));
        }
        Ok(Some(Self(text.to_owned())))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IdempotencyKey(…)")
    }
}
