//! Managed identities: the platform issues their tokens, which authorize calls to services that
//! have no key of ours.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use http::HeaderValue;

use crate::azure::http_client::SharedHttpClient;

/// All identities of the process. A credential caches its tokens, so every credential is created
/// here, once. Clones share them.
#[derive(Clone)]
pub struct ManagedIdentities(Arc<Shared>);

struct Shared {
    create: Box<CreateCredential>,
    /// By client id; `None` is the app's own identity.
    credentials: Mutex<HashMap<Option<String>, Arc<dyn TokenCredential>>>,
}

type CreateCredential =
    dyn Fn(Option<&str>) -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync;

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("the managed identity cannot be used")]
    Unusable(#[source] azure_core::Error),
    #[error("the platform issued no token for the managed identity")]
    NoToken(#[source] azure_core::Error),
    #[error("the managed identity's token is not a valid header")]
    InvalidToken,
}

impl ManagedIdentities {
    pub fn new(http_client: SharedHttpClient) -> Self {
        Self::from_fn(move |client_id| {
            let options = ManagedIdentityCredentialOptions {
                user_assigned_id: client_id.map(|id| UserAssignedId::ClientId(id.to_owned())),
                client_options: ClientOptions {
                    transport: Some(Transport::new(Arc::new(http_client.clone()))),
                    ..ClientOptions::default()
                },
            };
            let credential = ManagedIdentityCredential::new(Some(options))?;
            Ok(credential as Arc<dyn TokenCredential>)
        })
    }

    /// Credentials from a function of the client id.
    pub fn from_fn(
        create: impl Fn(Option<&str>) -> azure_core::Result<Arc<dyn TokenCredential>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self(Arc::new(Shared {
            create: Box::new(create),
            credentials: Mutex::default(),
        }))
    }

    /// One client id always yields the same credential. Sends nothing.
    pub fn credential(
        &self,
        client_id: Option<&str>,
    ) -> Result<Arc<dyn TokenCredential>, IdentityError> {
        let credentials = self.0.credentials.lock();
        let mut credentials = credentials.unwrap_or_else(PoisonError::into_inner);
        let id = client_id.map(str::to_owned);
        if let Some(credential) = credentials.get(&id) {
            return Ok(Arc::clone(credential));
        }
        let credential = (self.0.create)(client_id).map_err(IdentityError::Unusable)?;
        credentials.insert(id, Arc::clone(&credential));
        Ok(credential)
    }

    /// The source of tokens for one scope. Sends nothing.
    pub fn tokens(
        &self,
        client_id: Option<&str>,
        scope: impl Into<Cow<'static, str>>,
    ) -> Result<TokenSource, IdentityError> {
        let credential = self.credential(client_id)?;
        let scope = scope.into();
        Ok(TokenSource { credential, scope })
    }
}

impl fmt::Debug for ManagedIdentities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ManagedIdentities")
    }
}

/// An identity's tokens for one scope.
#[derive(Clone)]
pub struct TokenSource {
    credential: Arc<dyn TokenCredential>,
    scope: Cow<'static, str>,
}

impl TokenSource {
    /// The cached token, or a new one from the platform.
    pub async fn token(&self) -> Result<Secret, IdentityError> {
        let token = self.credential.get_token(&[&self.scope], None).await;
        Ok(token.map_err(IdentityError::NoToken)?.token)
    }

    /// The token as the header value `Bearer <token>`.
    pub async fn bearer(&self) -> Result<HeaderValue, IdentityError> {
        let text = format!("Bearer {}", self.token().await?.secret());
        let mut value = HeaderValue::try_from(text).map_err(|_| IdentityError::InvalidToken)?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSource({})", self.scope)
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use azure_core::credentials::{AccessToken, TokenRequestOptions};
    use azure_core::time::OffsetDateTime;

    use super::*;

    #[derive(Debug)]
    struct Named(String);

    #[async_trait]
    impl TokenCredential for Named {
        async fn get_token(
            &self,
            scopes: &[&str],
            _: Option<TokenRequestOptions<'_>>,
        ) -> azure_core::Result<AccessToken> {
            let token = format!("{}-for-{}", self.0, scopes.join("+"));
            Ok(AccessToken::new(token, OffsetDateTime::UNIX_EPOCH))
        }
    }

    fn identities() -> ManagedIdentities {
        ManagedIdentities::from_fn(|id| Ok(Arc::new(Named(id.unwrap_or("own").to_owned()))))
    }

    #[test]
    fn each_identity_has_one_credential() {
        let identities = identities();
        let own = identities.credential(None).unwrap();
        let other = identities.clone().credential(Some("other")).unwrap();

        assert!(Arc::ptr_eq(&own, &identities.credential(None).unwrap()));
        assert!(Arc::ptr_eq(
            &other,
            &identities.credential(Some("other")).unwrap()
        ));
        assert!(!Arc::ptr_eq(&own, &other));
    }

    #[tokio::test]
    async fn a_token_has_its_scope_and_is_hidden_in_debug_output() {
        let tokens = identities().tokens(Some("other"), "storage").unwrap();

        let bearer = tokens.bearer().await.unwrap();

        assert_eq!(bearer.to_str().unwrap(), "Bearer other-for-storage");
        assert_eq!(format!("{bearer:?}"), "Sensitive");
    }
}
