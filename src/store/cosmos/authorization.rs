//! Authorizes calls with the account's key or with a managed identity.

use std::fmt;

use http::Method;
use reqwest::Request;
use secrecy::ExposeSecret;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::resource::Resource;
use crate::azure::account_key::AccountKey;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities, TokenSource};
use crate::azure::rest::{MS_DATE, RestError};
use crate::config::CosmosCredential;

pub(super) enum Authorization {
    Key(AccountKey),
    /// `COSMOS_KEY` is not base64.
    InvalidKey,
    Identity(TokenSource),
}

impl Authorization {
    pub(super) fn new(
        credential: &CosmosCredential,
        endpoint: &Url,
        identities: &ManagedIdentities,
    ) -> Result<Self, IdentityError> {
        Ok(match credential {
            CosmosCredential::Key(key) => {
                let key = key.expose_secret().trim().parse();
                key.map_or(Self::InvalidKey, Self::Key)
            }
            CosmosCredential::ManagedIdentity { client_id } => {
                let scope = format!("{}/.default", endpoint.origin().ascii_serialization());
                Self::Identity(identities.tokens(client_id.as_deref(), scope)?)
            }
        })
    }

    /// The value of `Authorization`. The request must already have its `x-ms-date`.
    pub(super) async fn header(&self, request: &mut Request) -> Result<String, RestError> {
        let (kind, proof) = match self {
            Self::Key(key) => {
                let date = request.headers().get(MS_DATE);
                let date = date.and_then(|date| date.to_str().ok()).unwrap_or_default();
                let resource = Resource::from_path(request.url().path());
                ("master", signature(key, request.method(), &resource, date))
            }
            Self::InvalidKey => {
                let why = "COSMOS_KEY is not a key: one is base64, as the portal shows it";
                return Err(RestError::Refused(why.to_owned()));
            }
            Self::Identity(tokens) => {
                let token = tokens.token().await.map_err(RestError::unreachable)?;
                ("aad", token.secret().to_owned())
            }
        };
        let text = format!("type={kind}&ver=1.0&sig={proof}");
        Ok(byte_serialize(text.as_bytes()).collect())
    }

    pub(super) fn is_key(&self) -> bool {
        matches!(self, Self::Key(_) | Self::InvalidKey)
    }
}

/// Names keep their letter case in the signed text; everything else is in lower case.
fn signature(key: &AccountKey, method: &Method, resource: &Resource, date: &str) -> String {
    let (kind, link) = resource.signed();
    let verb = method.as_str().to_ascii_lowercase();
    let date = date.to_ascii_lowercase();
    key.sign(&format!("{verb}\n{kind}\n{link}\n{date}\n\n"))
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(_) | Self::InvalidKey => "Key",
            Self::Identity(_) => "Identity",
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

        let signed = signature(&key.parse().unwrap(), &Method::GET, &database, date);

        assert_eq!(signed, "c09PEVJrgp2uQRkr934kFbTqhByc7TVr3OHyqlu+c+c=");
    }

    #[test]
    fn a_key_is_recognized_by_its_base64() {
        let authorization = |key: &str| {
            let endpoint = Url::parse("https://name.documents.azure.com/").unwrap();
            let identities = ManagedIdentities::from_fn(|_| unreachable!("a key needs none"));
            Authorization::new(&CosmosCredential::Key(key.into()), &endpoint, &identities)
        };

        let invalid = authorization("not base64!").unwrap();
        let valid = authorization(" c2VjcmV0 ").unwrap();

        assert!(matches!(invalid, Authorization::InvalidKey));
        assert!(matches!(valid, Authorization::Key(_)));
    }
}
