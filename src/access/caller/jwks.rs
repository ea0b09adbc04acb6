//! An identity provider's public keys: fetched when first needed, once for all waiting calls,
//! fetched again for an unknown key, and kept while the provider is down.

use std::sync::{Arc, RwLock};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::header::ACCEPT;
use serde::Deserialize;
use tracing::Instrument;
use url::Url;

use crate::azure::http_client::{HttpClientError, SharedHttpClient};
use crate::clock::Clock;
use crate::config::KeySource;

/// After this the keys are fetched again, so that a withdrawn key is forgotten.
const FRESH_SECONDS: i64 = 600;
/// Tokens with invented key ids cannot make us fetch more often than this.
const BETWEEN_FETCHES_SECONDS: i64 = 60;
/// Until the first success we try more often: without keys nobody can sign in.
const BETWEEN_FIRST_TRIES_SECONDS: i64 = 2;
const MAX_DOCUMENT: usize = 1024 * 1024;
const MAX_KEYS: usize = 100;

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error(transparent)]
    Client(#[from] HttpClientError),
    #[error("the identity provider does not answer")]
    Request(#[from] reqwest::Error),
    #[error("the identity provider's answer is malformed")]
    Malformed(#[from] serde_json::Error),
    #[error("the identity provider's answer is too large")]
    TooLarge,
    #[error("the OpenID configuration names another issuer")]
    OtherIssuer,
    #[error("the OpenID configuration has no usable `jwks_uri`")]
    NoKeysAddress,
    #[error("the identity provider did not answer the last request, a moment ago")]
    TriedJustNow,
    #[error("the process is stopping")]
    Stopped,
}

#[derive(Debug)]
struct Key {
    id: Option<String>,
    algorithm: Algorithm,
    key: Arc<DecodingKey>,
}

#[derive(Debug, Default, Clone)]
struct Known {
    keys: Option<Arc<Vec<Key>>>,
    fetched_at: i64,
    tried_at: Option<i64>,
}

/// Cheap to clone. A fetch runs in a task, so it continues when its call is dropped, for the
/// other calls that wait for it.
#[derive(Debug, Clone)]
pub struct Jwks(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    source: KeySource,
    outgoing: SharedHttpClient,
    clock: Clock,
    known: RwLock<Known>,
    /// Held while fetching, so that calls in the meantime wait for the same keys.
    fetching: tokio::sync::Mutex<()>,
}

impl Jwks {
    pub fn new(source: KeySource, outgoing: SharedHttpClient, clock: Clock) -> Self {
        Self(Arc::new(Shared {
            source,
            outgoing,
            clock,
            known: RwLock::default(),
            fetching: tokio::sync::Mutex::new(()),
        }))
    }

    /// The keys that may have signed a token with this key id and algorithm. A token without a key
    /// id may be signed with any of them.
    pub async fn keys(
        &self,
        id: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<Vec<Arc<DecodingKey>>, FetchError> {
        if let Some(keys) = self.0.usable(id, algorithm) {
            return Ok(keys);
        }
        let known = self.0.known_keys(id, algorithm);
        if !known.is_empty() && self.0.fetching.try_lock().is_err() {
            // Another call is refreshing already; the known keys are good enough until then.
            return Ok(known);
        }
        let (shared, id_to_find) = (Arc::clone(&self.0), id.map(str::to_owned));
        let fetch = async move {
            let _turn = shared.fetching.lock().await;
            match shared.usable(id_to_find.as_deref(), algorithm) {
                Some(_) => Ok(()),
                None => shared.refresh().await,
            }
        };
        let fetch = tokio::spawn(fetch.in_current_span());
        fetch.await.map_err(|_| FetchError::Stopped)??;
        Ok(self.0.known_keys(id, algorithm))
    }
}

impl Shared {
    fn known_keys(&self, id: Option<&str>, algorithm: Algorithm) -> Vec<Arc<DecodingKey>> {
        let known = self.snapshot().keys;
        let matching = known.map(|keys| matching(&keys, id, algorithm));
        matching.unwrap_or_default()
    }

    /// The known keys, unless they should be fetched again.
    fn usable(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Vec<Arc<DecodingKey>>> {
        let known = self.snapshot();
        let keys = matching(known.keys.as_ref()?, id, algorithm);
        let now = self.clock.seconds();
        let stale = now - known.fetched_at > FRESH_SECONDS;
        let may_fetch = known
            .tried_at
            .is_none_or(|at| now - at >= BETWEEN_FETCHES_SECONDS);
        let should_fetch = (keys.is_empty() || stale) && may_fetch;
        (!should_fetch).then_some(keys)
    }

    async fn refresh(&self) -> Result<(), FetchError> {
        let before = self.snapshot();
        let now = self.clock.seconds();
        if before.keys.is_none()
            && before
                .tried_at
                .is_some_and(|at| now - at < BETWEEN_FIRST_TRIES_SECONDS)
        {
            return Err(FetchError::TriedJustNow);
        }
        let fetched = self.fetch().await;
        // Only after the fetch: until then, calls that need another key wait for it.
        let now = self.clock.seconds();
        self.update(|known| known.tried_at = Some(now));
        match (fetched, before.keys.is_some()) {
            (Ok(keys), _) => {
                self.update(|known| {
                    known.keys = Some(Arc::new(keys));
                    known.fetched_at = now;
                });
                Ok(())
            }
            // Old keys are better than none while the provider is down.
            (Err(error), true) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "failed to refresh the identity provider's keys; the old ones stay in use"
                );
                Ok(())
            }
            (Err(error), false) => Err(error),
        }
    }

    async fn fetch(&self) -> Result<Vec<Key>, FetchError> {
        let address = match &self.source {
            KeySource::Jwks(url) => url.clone(),
            KeySource::Discovery { issuer } => self.discover(issuer).await?,
        };
        let set: KeySet = self.document(address).await?;
        let keys: Vec<_> = set
            .keys
            .into_iter()
            .take(MAX_KEYS)
            .filter_map(usable_key)
            .collect();
        tracing::info!("fetched {} keys from the identity provider", keys.len());
        Ok(keys)
    }

    async fn discover(&self, issuer: &str) -> Result<Url, FetchError> {
        let address = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let address = Url::parse(&address).map_err(|_| FetchError::NoKeysAddress)?;
        let found: OpenIdConfiguration = self.document(address).await?;
        if found.issuer.trim_end_matches('/') != issuer.trim_end_matches('/') {
            return Err(FetchError::OtherIssuer);
        }
        let keys = Url::parse(&found.jwks_uri).map_err(|_| FetchError::NoKeysAddress)?;
        // Keys fetched over plain HTTP would defeat an https issuer.
        if issuer.starts_with("https:") && keys.scheme() != "https" {
            return Err(FetchError::NoKeysAddress);
        }
        Ok(keys)
    }

    async fn document<T: for<'de> Deserialize<'de>>(&self, address: Url) -> Result<T, FetchError> {
        let request = self
            .outgoing
            .client()?
            .get(address)
            .header(ACCEPT, "application/json");
        let mut response = request.send().await?.error_for_status()?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            body.extend_from_slice(&chunk);
            if body.len() > MAX_DOCUMENT {
                return Err(FetchError::TooLarge);
            }
        }
        Ok(serde_json::from_slice(&body)?)
    }

    fn snapshot(&self) -> Known {
        let known = self.known.read();
        known
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    fn update(&self, change: impl FnOnce(&mut Known)) {
        let known = self.known.write();
        change(&mut known.unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

#[derive(Deserialize)]
struct OpenIdConfiguration {
    issuer: String,
    jwks_uri: String,
}

/// Each key is parsed separately, so that an unknown kind of key spoils only itself.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// Accepts only public signing keys: a published symmetric key is not a secret.
fn usable_key(json: serde_json::Value) -> Option<Key> {
    let jwk: Jwk = serde_json::from_value(json).ok()?;
    if matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption)) {
        return None;
    }
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => {
            Algorithm::ES256
        }
        AlgorithmParameters::OctetKeyPair(okp) if okp.curve == EllipticCurve::Ed25519 => {
            Algorithm::EdDSA
        }
        _ => return None,
    };
    Some(Key {
        key: Arc::new(DecodingKey::from_jwk(&jwk).ok()?),
        id: jwk.common.key_id,
        algorithm,
    })
}

fn matching(keys: &[Key], id: Option<&str>, algorithm: Algorithm) -> Vec<Arc<DecodingKey>> {
    keys.iter()
        .filter(|key| key.algorithm == algorithm && (id.is_none() || key.id.as_deref() == id))
        .map(|key| key.key.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_public_keys_for_signatures_are_used() {
        let ec =
            |curve: &str| json!({ "kty": "EC", "crv": curve, "x": "AQ", "y": "AQ", "kid": "a" });
        let mut encrypts = ec("P-256");
        encrypts["use"] = json!("enc");

        assert!(usable_key(ec("P-256")).is_some());
        for other in [
            ec("P-384"),
            encrypts,
            json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "a" }),
            json!({ "kty": "made up", "kid": "a" }),
            json!("no key"),
        ] {
            assert!(usable_key(other.clone()).is_none(), "{other}");
        }
    }
}
