//! An identity provider's public keys: fetched when first needed, shared by all calls that wait
//! for them, fetched anew for a key that is unknown, and kept when the provider is away.

use std::sync::{Arc, RwLock};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use reqwest::header::ACCEPT;
use serde::Deserialize;
use url::Url;

use crate::azure::http_client::{HttpClientError, SharedHttpClient};
use crate::clock::Clock;
use crate::config::KeySource;

/// After this the keys are asked for again, so that a withdrawn one is forgotten.
const FRESH_SECONDS: i64 = 600;
/// Tokens with made-up key ids cannot make us ask more often than this.
const BETWEEN_FETCHES_SECONDS: i64 = 60;
/// While nothing was ever fetched, waiting a minute would be an outage of our own.
const BETWEEN_FIRST_TRIES_SECONDS: i64 = 2;
const MAX_DOCUMENT: usize = 1024 * 1024;
const MAX_KEYS: usize = 100;

#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    #[error(transparent)]
    Client(#[from] HttpClientError),
    #[error("the identity provider does not answer")]
    Request(#[from] reqwest::Error),
    #[error("the identity provider's answer cannot be read")]
    Malformed(#[from] serde_json::Error),
    #[error("the identity provider's answer is too large")]
    TooLarge,
    #[error("the OpenID configuration names another issuer")]
    OtherIssuer,
    #[error("the OpenID configuration names no usable address of keys")]
    NoKeysAddress,
    #[error("the identity provider did not answer a moment ago")]
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

/// Cheap to clone: the fetch of one call goes on in a task when that call is dropped, and those
/// who wait for it get its keys.
#[derive(Debug, Clone)]
pub struct Jwks(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    source: KeySource,
    outgoing: SharedHttpClient,
    clock: Clock,
    known: RwLock<Known>,
    /// Held while fetching: who comes meanwhile waits and finds the keys there.
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

    /// The keys that may have signed a token with this key id and algorithm; none if there is no
    /// such key. A token without an id may be of any.
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
            // Somebody is refreshing already, and what is known serves as long.
            return Ok(known);
        }
        let (shared, wanted) = (Arc::clone(&self.0), id.map(str::to_owned));
        let fetch = tokio::spawn(async move {
            let _turn = shared.fetching.lock().await;
            match shared.usable(wanted.as_deref(), algorithm) {
                Some(_) => Ok(()),
                None => shared.refresh().await,
            }
        });
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

    /// What is known already, unless it is worth asking again.
    fn usable(&self, id: Option<&str>, algorithm: Algorithm) -> Option<Vec<Arc<DecodingKey>>> {
        let known = self.snapshot();
        let keys = matching(known.keys.as_ref()?, id, algorithm);
        let now = self.clock.seconds();
        let stale = now - known.fetched_at > FRESH_SECONDS;
        let may_ask = known
            .tried_at
            .is_none_or(|at| now - at >= BETWEEN_FETCHES_SECONDS);
        let worth_asking = (keys.is_empty() || stale) && may_ask;
        (!worth_asking).then_some(keys)
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
        // Only now: until then, those who need another key wait for this fetch.
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
            // Old keys are better than none: the provider may be down for a while.
            (Err(error), true) => {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the identity provider's keys could not be refreshed, so the old ones stay"
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
        tracing::info!("fetched {} keys of the identity provider", keys.len());
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
        // Keys fetched in the clear would undo what an https issuer promises.
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

/// Keys one by one, so that one of a kind that we do not know costs only itself.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<serde_json::Value>,
}

/// Public keys for signatures only: a symmetric key in a published set is no secret.
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
