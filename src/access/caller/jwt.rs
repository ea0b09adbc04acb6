//! Verifies JSON Web Tokens and reads their claims.

use jsonwebtoken::{Algorithm, DecodingKey};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::claims::{Claims, seconds};
use super::jwks::{FetchError, Jwks};
use super::signature;
use crate::azure::http_client::SharedHttpClient;
use crate::clock::Clock;
use crate::config::JwtConfig;

/// How far two clocks may differ.
const SKEW_SECONDS: i64 = 5;
/// Longer tokens are refused unread.
const MAX_TOKEN: usize = 16 * 1024;

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("{0}")]
    Invalid(&'static str),
    #[error("it has expired")]
    Expired,
    #[error("the issuer's keys are unavailable")]
    KeysUnavailable(#[source] FetchError),
}

/// Verifies tokens of one issuer.
///
/// The keys we hold decide which algorithms are allowed, never the token: HS256 is verified only
/// with our secret, the others only with the issuer's public keys, so that a public key can never
/// be used as a secret.
pub struct TokenVerifier {
    secret: Option<DecodingKey>,
    jwks: Option<Jwks>,
    issuer: Option<String>,
    audiences: Vec<String>,
    clock: Clock,
}

impl TokenVerifier {
    pub fn new(config: &JwtConfig, outgoing: SharedHttpClient, clock: Clock) -> Self {
        let secret = config.secret.as_ref();
        Self {
            secret: secret.map(|s| DecodingKey::from_secret(s.expose_secret().as_bytes())),
            jwks: config
                .keys
                .clone()
                .map(|source| Jwks::new(source, outgoing, clock.clone())),
            issuer: config.issuer.clone(),
            audiences: config.audiences.clone(),
            clock,
        }
    }

    /// The claims of a valid token.
    pub async fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > MAX_TOKEN {
            return Err(TokenError::Invalid("it is too long"));
        }
        let header = jsonwebtoken::decode_header(token)
            .map_err(|_| TokenError::Invalid("it is not a signed JSON Web Token"))?;
        // A critical header must be understood, and we support none.
        if header.crit.is_some() {
            return Err(TokenError::Invalid("it has critical headers"));
        }
        let claims = match (header.alg, &self.secret, &self.jwks) {
            (Algorithm::HS256, Some(secret), _) => {
                signature::verify(token, Algorithm::HS256, secret)
            }
            (alg @ (Algorithm::RS256 | Algorithm::ES256 | Algorithm::EdDSA), _, Some(jwks)) => {
                let keys = jwks
                    .keys(header.kid.as_deref(), alg)
                    .await
                    .map_err(TokenError::KeysUnavailable)?;
                keys.iter()
                    .find_map(|key| signature::verify(token, alg, key))
            }
            _ => return Err(TokenError::Invalid("its algorithm is not accepted here")),
        };
        let claims = claims.ok_or(TokenError::Invalid("its signature does not verify"))?;
        self.check(&claims)?;
        Ok(claims)
    }

    fn check(&self, claims: &Claims) -> Result<(), TokenError> {
        let now = self.clock.seconds();
        let expires = claims.get("exp").and_then(seconds);
        let expires = expires.ok_or(TokenError::Invalid("it has no expiry"))?;
        if let Some(issuer) = &self.issuer
            && claims.get("iss").and_then(Value::as_str) != Some(issuer)
        {
            return Err(TokenError::Invalid("another issuer issued it"));
        }
        if !self.audiences.is_empty() && !self.names_our_audience(claims.get("aud")) {
            return Err(TokenError::Invalid("it is for another audience"));
        }
        if let Some(not_before) = claims.get("nbf") {
            match seconds(not_before) {
                Some(start) if start.saturating_sub(SKEW_SECONDS) <= now => {}
                _ => return Err(TokenError::Invalid("it is not valid yet")),
            }
        }
        if expires.saturating_add(SKEW_SECONDS) < now {
            return Err(TokenError::Expired);
        }
        Ok(())
    }

    fn names_our_audience(&self, audience: Option<&Value>) -> bool {
        let ours = |value: &Value| {
            let text = value.as_str();
            text.is_some_and(|text| self.audiences.iter().any(|a| a == text))
        };
        match audience {
            Some(Value::Array(several)) => several.iter().any(ours),
            Some(one) => ours(one),
            None => false,
        }
    }
}

impl std::fmt::Debug for TokenVerifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TokenVerifier")
            .field("issuer", &self.issuer)
            .field("audiences", &self.audiences)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn verifier() -> TokenVerifier {
        let config = JwtConfig {
            secret: Some("a-secret-of-32-bytes-or-rather-more".into()),
            keys: None,
            issuer: Some("us".to_owned()),
            audiences: vec!["app".to_owned(), "api".to_owned()],
        };
        let clock = Clock::from_fn(|| jiff::Timestamp::from_second(NOW).unwrap());
        TokenVerifier::new(&config, SharedHttpClient::new(), clock)
    }

    fn token(alg: Algorithm, claims: &Value) -> String {
        let key = EncodingKey::from_secret(b"a-secret-of-32-bytes-or-rather-more");
        encode(&Header::new(alg), claims, &key).unwrap()
    }

    async fn verdict(claims: Value) -> Result<(), String> {
        let token = token(Algorithm::HS256, &claims);
        let verified = verifier().verify(&token).await;
        verified.map(|_| ()).map_err(|e| e.to_string())
    }

    #[tokio::test]
    async fn a_valid_token_is_accepted() {
        let claims = json!({ "sub": "a", "exp": NOW + 60, "nbf": NOW, "iss": "us", "aud": "api" });

        assert_eq!(verdict(claims).await, Ok(()));
    }

    #[tokio::test]
    async fn clocks_may_differ_by_five_seconds_and_no_more() {
        let at = |exp: i64, nbf: i64| json!({ "exp": exp, "nbf": nbf, "iss": "us", "aud": ["x", "app"] });

        assert_eq!(verdict(at(NOW - 5, NOW + 5)).await, Ok(()));
        assert!(
            verdict(at(NOW - 6, NOW))
                .await
                .unwrap_err()
                .contains("expired")
        );
        assert!(
            verdict(at(NOW + 60, NOW + 6))
                .await
                .unwrap_err()
                .contains("not valid yet")
        );
    }

    #[tokio::test]
    async fn a_token_that_never_expires_is_refused() {
        assert!(verdict(json!({ "iss": "us", "aud": "app" })).await.is_err());
        assert!(
            verdict(json!({ "iss": "us", "aud": "app", "exp": "soon" }))
                .await
                .is_err()
        );
    }

    #[tokio::test]
    async fn another_issuer_or_audience_is_refused() {
        for (iss, aud) in [("them", "app"), ("us", "other"), ("us/", "app")] {
            let claims = json!({ "exp": NOW + 60, "iss": iss, "aud": aud });

            assert!(verdict(claims).await.is_err(), "{iss} {aud}");
        }
        assert!(verdict(json!({ "exp": NOW + 60 })).await.is_err());
    }

    #[tokio::test]
    async fn other_algorithms_are_refused_even_with_the_right_secret() {
        let claims = json!({ "exp": NOW + 60, "iss": "us", "aud": "app" });

        for alg in [Algorithm::HS384, Algorithm::HS512] {
            assert!(verifier().verify(&token(alg, &claims)).await.is_err());
        }
    }

    #[tokio::test]
    async fn an_unsigned_token_is_refused() {
        let body = URL_SAFE_NO_PAD
            .encode(json!({ "exp": NOW + 60, "iss": "us", "aud": "app" }).to_string());
        for alg in ["none", "None", "NONE", "HS256"] {
            let header = URL_SAFE_NO_PAD.encode(json!({ "alg": alg, "typ": "JWT" }).to_string());

            assert!(
                verifier()
                    .verify(&format!("{header}.{body}."))
                    .await
                    .is_err(),
                "{alg}"
            );
        }
    }

    #[tokio::test]
    async fn garbage_is_refused() {
        for text in ["", ".", "..", "a.b.c", "é.é.é", &"x".repeat(20_000)] {
            assert!(verifier().verify(text).await.is_err());
        }
    }
}
