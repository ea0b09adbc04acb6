//! Verifies that an event comes from our Web PubSub service.

use axum::http::HeaderMap;
use serde_json::{Map, Value};
use webpubsub::AccessKey;
use webpubsub::upstream::{header, verify_signature};

use crate::access::caller::bearer;
use crate::access::caller::jwks::FetchError;
use crate::access::caller::jwt::{TokenError, TokenVerifier};
use crate::azure::http_client::SharedHttpClient;
use crate::clock::Clock;
use crate::config::{Credential, JwtConfig, KeySource, WebhookTrust};
use crate::logging::clipped;

/// Verifies events by signature with an access key, or by Entra token without one.
#[derive(Debug)]
pub enum ServiceProof {
    Key(AccessKey),
    ManagedIdentity {
        tokens: Box<TokenVerifier>,
        caller: String,
    },
}

/// Why an event is refused.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    #[error("this event is not from our service")]
    NotOurs,
    #[error("the issuer's keys are unavailable")]
    KeysUnavailable(#[source] FetchError),
}

impl ServiceProof {
    pub fn new(credential: &Credential, outgoing: &SharedHttpClient, clock: &Clock) -> Self {
        match credential {
            Credential::Key(key) => Self::Key(key.clone()),
            Credential::ManagedIdentity { webhooks, .. } => Self::ManagedIdentity {
                tokens: Box::new(verifier(webhooks, outgoing, clock)),
                caller: webhooks.caller.clone(),
            },
        }
    }

    /// Verifies that the service sent these headers.
    ///
    /// A signature covers only the connection id, neither the body nor the time.
    pub async fn verify(&self, headers: &HeaderMap, connection_id: &str) -> Result<(), ProofError> {
        let genuine = match self {
            Self::Key(key) => {
                let signature = headers.get(header::CE_SIGNATURE);
                let signature = signature.and_then(|value| value.to_str().ok());
                signature.is_some_and(|signature| {
                    verify_signature(std::slice::from_ref(key), connection_id, signature)
                })
            }
            Self::ManagedIdentity { tokens, caller } => match bearer(headers) {
                Some(token) => is_from_caller(tokens.verify(token).await, caller)?,
                None => false,
            },
        };
        if genuine {
            Ok(())
        } else {
            tracing::warn!(
                connection.id = clipped(connection_id),
                "refused an event from another service: does the access key belong to this resource?"
            );
            Err(ProofError::NotOurs)
        }
    }
}

fn verifier(trust: &WebhookTrust, outgoing: &SharedHttpClient, clock: &Clock) -> TokenVerifier {
    let config = JwtConfig {
        secret: None,
        keys: Some(KeySource::Discovery {
            issuer: trust.issuer.clone(),
        }),
        issuer: Some(trust.issuer.clone()),
        audiences: vec![trust.audience.clone()],
    };
    TokenVerifier::new(&config, outgoing.clone(), clock.clone())
}

/// Every application of the tenant can get a token for our audience, but only the service may
/// send events.
fn is_from_caller(
    verified: Result<Map<String, Value>, TokenError>,
    caller: &str,
) -> Result<bool, ProofError> {
    match verified {
        Ok(claims) => Ok(["appid", "azp", "oid"]
            .iter()
            .any(|name| claims.get(*name).and_then(Value::as_str) == Some(caller))),
        Err(TokenError::Invalid(_) | TokenError::Expired) => Ok(false),
        Err(TokenError::KeysUnavailable(cause)) => Err(ProofError::KeysUnavailable(cause)),
    }
}
