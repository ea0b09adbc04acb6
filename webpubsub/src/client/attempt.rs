//! One attempt of a call: authorizes the request and sends it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use azure_core::credentials::TokenCredential;
use azure_core::http::headers::AUTHORIZATION;
use azure_core::http::policies::auth::BearerTokenAuthorizationPolicy;
use azure_core::http::policies::{Policy, PolicyResult};
use azure_core::http::{Context, HttpClient, RawResponse, Request};

use super::options::Clock;
use crate::access_key::AccessKey;
use crate::token::server_token;

/// Long enough to tolerate clock skew, short enough to limit the use of a stolen token.
const LIFETIME: Duration = Duration::from_secs(300);

const ENTRA_SCOPE: &str = "https://webpubsub.azure.com/.default";

/// Authorizes each attempt anew, so that a retry does not send a token that expired during the
/// wait.
pub(super) enum Attempt {
    Key {
        key: AccessKey,
        clock: Clock,
        http_client: Arc<dyn HttpClient>,
    },
    /// azure_core's policy keeps the token, and drops it when the service answers 401.
    Credential {
        policy: BearerTokenAuthorizationPolicy,
        transport: [Arc<dyn Policy>; 1],
    },
}

impl Attempt {
    pub(super) fn with_key(key: AccessKey, clock: Clock, http_client: Arc<dyn HttpClient>) -> Self {
        Self::Key {
            key,
            clock,
            http_client,
        }
    }

    pub(super) fn with_credential(
        credential: Arc<dyn TokenCredential>,
        http_client: Arc<dyn HttpClient>,
    ) -> Self {
        Self::Credential {
            policy: BearerTokenAuthorizationPolicy::new(credential, [ENTRA_SCOPE]),
            transport: [Arc::new(LastPolicy(http_client))],
        }
    }

    pub(super) async fn send(&self, request: &mut Request) -> azure_core::Result<RawResponse> {
        let response = match self {
            Self::Key {
                key,
                clock,
                http_client,
            } => {
                let token = server_token(key, request.url().as_str(), clock(), LIFETIME);
                request.insert_header(AUTHORIZATION, format!("Bearer {token}"));
                http_client.execute_request(request).await?
            }
            Self::Credential { policy, transport } => {
                policy.send(&Context::new(), request, transport).await?
            }
        };
        response.try_into_raw_response().await
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key { .. } => "Key",
            Self::Credential { .. } => "Credential",
        })
    }
}

/// Sends what the policy before it authorized.
#[derive(Debug)]
struct LastPolicy(Arc<dyn HttpClient>);

#[expect(
    elided_lifetimes_in_paths,
    reason = "the trait's own signature leaves the context's lifetime out"
)]
#[async_trait]
impl Policy for LastPolicy {
    async fn send(
        &self,
        _context: &Context,
        request: &mut Request,
        _next: &[Arc<dyn Policy>],
    ) -> PolicyResult {
        self.0.execute_request(request).await
    }
}
