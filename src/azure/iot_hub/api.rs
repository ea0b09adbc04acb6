//! How calls to a hub are authorized, and what its answers mean.

use std::time::Duration;

use http::header::{AUTHORIZATION, RETRY_AFTER};
use http::{HeaderValue, StatusCode};
use reqwest::Request;

use super::error_code::{QUOTA_EXCEEDED, error_code};
use super::host::HubHost;
use super::sas;
use super::settings::{HubCredential, IotHubSettings};
use crate::azure::account_key::AccountKey;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities, TokenSource};
use crate::azure::rest::{Answer, AnswerClass, Api, RestError};
use crate::clock::Clock;

const SCOPE: &str = "https://iothubs.azure.net/.default";
/// A token is made for each call, and outlives the longest one.
const TOKEN_LIFETIME_SECONDS: i64 = 600;
const DEFAULT_RETRY_AFTER: Duration = Duration::from_millis(500);

#[derive(Debug, Clone)]
pub(super) struct IotHubApi {
    host: HubHost,
    credential: Credential,
    clock: Clock,
}

#[derive(Debug, Clone)]
enum Credential {
    Key { policy: String, key: AccountKey },
    Identity(TokenSource),
}

impl IotHubApi {
    pub(super) fn new(
        settings: &IotHubSettings,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Self, IdentityError> {
        let credential = match &settings.credential {
            HubCredential::Key { policy, key } => Credential::Key {
                policy: policy.clone(),
                key: key.clone(),
            },
            HubCredential::ManagedIdentity { client_id } => {
                Credential::Identity(identities.tokens(client_id.as_deref(), SCOPE)?)
            }
        };
        Ok(Self {
            host: settings.host.clone(),
            credential,
            clock,
        })
    }
}

impl Api for IotHubApi {
    const VERSION: &'static str = "2021-04-12";
    const RETRIES_WHILE_BUSY: bool = false;
    const RETRIES_TIMEOUTS: bool = false;

    async fn authorize(&self, request: &mut Request) -> Result<(), RestError> {
        let value = match &self.credential {
            Credential::Key { policy, key } => {
                let expires = self.clock.seconds() + TOKEN_LIFETIME_SECONDS;
                let token = sas::token(&self.host, policy, key, expires);
                let mut value = HeaderValue::try_from(token).map_err(RestError::unreachable)?;
                value.set_sensitive(true);
                value
            }
            Credential::Identity(tokens) => {
                tokens.bearer().await.map_err(RestError::unreachable)?
            }
        };
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(())
    }

    fn classify(&self, answer: &Answer) -> AnswerClass {
        match answer.status {
            StatusCode::TOO_MANY_REQUESTS => AnswerClass::Busy(retry_after(answer)),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => AnswerClass::Denied,
            // The device did not answer in time; the hub itself is well.
            StatusCode::GATEWAY_TIMEOUT => AnswerClass::Processed,
            status if status.is_server_error() => AnswerClass::Failed,
            _ => AnswerClass::Processed,
        }
    }

    /// Names the setting that may be wrong.
    fn describe(&self, answer: &Answer) -> String {
        let code = error_code(answer);
        let summary = match code {
            Some(code) => format!("{} {code}", answer.status.as_u16()),
            None => answer.status.as_u16().to_string(),
        };
        match (self.classify(answer), &self.credential) {
            (AnswerClass::Busy(_), _) => format!("it is busy ({summary})"),
            (AnswerClass::Denied, _) if code == Some(QUOTA_EXCEEDED) => {
                format!("its messages of today are used up ({summary})")
            }
            (AnswerClass::Denied, Credential::Key { policy, .. }) => format!(
                "it does not accept the key of the policy {policy} in IOT_HUB_CONNECTION_STRING, or \
                 the policy lacks `service connect` ({summary})"
            ),
            (AnswerClass::Denied, Credential::Identity(_)) => format!(
                "it does not accept the managed identity: give it the role IoT Hub Data Contributor \
                 ({summary})"
            ),
            (AnswerClass::Failed | AnswerClass::Processed, _) => summary,
        }
    }
}

fn retry_after(answer: &Answer) -> Duration {
    let seconds = answer.header(RETRY_AFTER.as_str());
    let seconds = seconds.and_then(|text| text.trim().parse().ok());
    seconds.map_or(DEFAULT_RETRY_AFTER, Duration::from_secs)
}
