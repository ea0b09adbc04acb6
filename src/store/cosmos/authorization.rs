//! How a call proves whose it is: by the account's key, or by the app's own identity.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::resource::Resource;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities};
use crate::config::CosmosCredential;
use crate::store::StoreError;

type HmacSha256 = Hmac<Sha256>;

pub(super) enum Authorization {
    Key(HmacSha256),
    /// `COSMOS_KEY` holds something else.
    NotAKey,
    Identity {
        credential: Arc<dyn TokenCredential>,
        scope: String,
    },
}

impl Authorization {
    pub(super) fn new(
        credential: &CosmosCredential,
        endpoint: &Url,
        identities: &ManagedIdentities,
    ) -> Result<Self, IdentityError> {
        Ok(match credential {
            CosmosCredential::Key(key) => master_key(key).map_or(Self::NotAKey, Self::Key),
            CosmosCredential::ManagedIdentity { client_id } => Self::Identity {
                credential: identities.credential(client_id.as_deref())?,
                scope: format!("{}/.default", endpoint.origin().ascii_serialization()),
            },
        })
    }

    /// What the `authorization` header holds. `date` is what `x-ms-date` holds.
    pub(super) async fn header(
        &self,
        method: &Method,
        resource: &Resource,
        date: &str,
    ) -> Result<String, StoreError> {
        let (kind, proof) = match self {
            Self::Key(key) => ("master", signature(key, method, resource, date)),
            Self::NotAKey => {
                let sentence = "COSMOS_KEY is not a key: one is base64, as the portal shows it";
                return Err(StoreError::Refused(sentence.to_owned()));
            }
            Self::Identity { credential, scope } => {
                let token = credential.get_token(&[scope], None).await;
                let token = token.map_err(|error| StoreError::Unreachable(error.into()))?;
                ("aad", token.token.secret().to_owned())
            }
        };
        let text = format!("type={kind}&ver=1.0&sig={proof}");
        Ok(byte_serialize(text.as_bytes()).collect())
    }

    /// Whether the account's key is used.
    pub(super) fn is_key(&self) -> bool {
        matches!(self, Self::Key(_) | Self::NotAKey)
    }
}

fn master_key(key: &SecretString) -> Option<HmacSha256> {
    let key = STANDARD.decode(key.expose_secret().trim()).ok()?;
    HmacSha256::new_from_slice(&key).ok()
}

/// Names keep their letter case, everything else is lowered.
fn signature(key: &HmacSha256, method: &Method, resource: &Resource, date: &str) -> String {
    let (kind, link) = resource.signed();
    let verb = method.as_str().to_ascii_lowercase();
    let date = date.to_ascii_lowercase();
    let mut mac = key.clone();
    mac.update(format!("{verb}\n{kind}\n{link}\n{date}\n\n").as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(_) | Self::NotAKey => "Key",
            Self::Identity { .. } => "Identity",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Microsoft's page "Access control in the Azure Cosmos DB SQL API".
    #[test]
    fn the_published_example_is_signed_as_published() {
        let key = "dsZQi3KtZmCv1ljt3VNWNm7sQUF1y5rJfC6kv5JiwvW0EndXdDku/dkKBp8/ufDToSxLzR4y+O/0H/t4bQtVNw==";
        let database = Resource::database("ToDoList");
        let date = "Thu, 27 Apr 2017 00:51:12 GMT";

        let signed = signature(
            &master_key(&key.into()).unwrap(),
            &Method::GET,
            &database,
            date,
        );

        assert_eq!(signed, "c09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu+c+c=");
    }

    #[test]
    fn what_is_no_key_is_known_as_such() {
        assert!(master_key(&"not base64!".into()).is_none());
        assert!(master_key(&" c2VjcmV0 ".into()).is_some());
    }
}
