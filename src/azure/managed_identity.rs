//! The identities that the platform vouches for. Services that know no key of ours are shown
//! their tokens.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};
use http::HeaderValue;

use crate::azure::http_client::SharedHttpClient;

/// All of a process: a credential holds the cache of its tokens, so nobody else makes one.
/// Clones share them.
#[derive(Clone)]
pub struct ManagedIdentities(Arc<Shared>);

struct Shared {
    make: Box<Maker>,
    /// By client id; without one it is the app's own identity.
    made: Mutex<HashMap<Option<String>, Arc<dyn TokenCredential>>>,
}

type Maker = dyn Fn(Option<&str>) -> azure_core::Result<Arc<dyn TokenCredential>> + Send + Sync;

#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    #[error("the managed identity cannot be used")]
    Unusable(#[source] azure_core::Error),
    #[error("the platform gives no token of the managed identity")]
    NoToken(#[source] azure_core::Error),
    #[error("the managed identity's token cannot be sent")]
    OddToken,
}

impl ManagedIdentities {
    pub fn new(outgoing: SharedHttpClient) -> Self {
        Self::from_fn(move |client_id| {
            let options = ManagedIdentityCredentialOptions {
                user_assigned_id: client_id.map(|id| UserAssignedId::ClientId(id.to_owned())),
                client_options: ClientOptions {
                    transport: Some(Transport::new(Arc::new(outgoing.clone()))),
                    ..ClientOptions::default()
                },
            };
            let credential = ManagedIdentityCredential::new(Some(options))?;
            Ok(credential as Arc<dyn TokenCredential>)
        })
    }

    /// Credentials of one's own, by client id.
    pub fn from_fn(
        make: impl Fn(Option<&str>) -> azure_core::Result<Arc<dyn TokenCredential>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self(Arc::new(Shared {
            make: Box::new(make),
            made: Mutex::default(),
        }))
    }

    /// Always the same one for the same client id. No call goes out.
    pub fn credential(
        &self,
        client_id: Option<&str>,
    ) -> Result<Arc<dyn TokenCredential>, IdentityError> {
        let made = self.0.made.lock();
        let mut made = made.unwrap_or_else(PoisonError::into_inner);
        let id = client_id.map(str::to_owned);
        if let Some(credential) = made.get(&id) {
            return Ok(Arc::clone(credential));
        }
        let credential = (self.0.make)(client_id).map_err(IdentityError::Unusable)?;
        made.insert(id, Arc::clone(&credential));
        Ok(credential)
    }

    /// Where tokens for one kind of service come from. No call goes out.
    pub fn tokens(
        &self,
        client_id: Option<&str>,
        scope: &'static str,
    ) -> Result<TokenSource, IdentityError> {
        let credential = self.credential(client_id)?;
        Ok(TokenSource { credential, scope })
    }
}

impl fmt::Debug for ManagedIdentities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ManagedIdentities")
    }
}

/// An identity's tokens for one kind of service.
#[derive(Clone)]
pub struct TokenSource {
    credential: Arc<dyn TokenCredential>,
    scope: &'static str,
}

impl TokenSource {
    /// `Bearer <token>`: the one at hand, or a new one from the platform.
    pub async fn bearer(&self) -> Result<HeaderValue, IdentityError> {
        let token = self.credential.get_token(&[self.scope], None).await;
        let token = token.map_err(IdentityError::NoToken)?;
        let text = format!("Bearer {}", token.token.secret());
        let mut value = HeaderValue::try_from(text).map_err(|_| IdentityError::OddToken)?;
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
    fn each_identity_has_one_credential_however_often_it_is_asked_for() {
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
    async fn a_token_is_asked_for_its_scope_and_not_shown() {
        let tokens = identities().tokens(Some("other"), "storage").unwrap();

        let bearer = tokens.bearer().await.unwrap();

        assert_eq!(bearer.to_str().unwrap(), "Bearer other-for-storage");
        assert_eq!(format!("{bearer:?}"), "Sensitive");
    }
}
