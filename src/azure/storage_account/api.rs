//! How calls to a service of the account are authorized, and what its answers mean.

use http::header::AUTHORIZATION;
use http::{HeaderValue, StatusCode};
use reqwest::Request;

use super::account::{AccountCredential, Service, StorageAccount};
use super::error::SetupError;
use super::shared_key::Signed;
use crate::azure::account_key::AccountKey;
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::{ManagedIdentities, TokenSource};
use crate::azure::rest::{Answer, AnswerClass, Api, RestClient, RestError};
use crate::clock::Clock;

const SCOPE: &str = "https://storage.azure.com/.default";

pub(crate) type ServiceClient = RestClient<StorageApi>;

#[derive(Debug)]
pub(crate) struct StorageApi {
    service: Service,
    account: String,
    credential: Credential,
}

#[derive(Debug)]
pub(super) enum Credential {
    Key(AccountKey),
    Identity(TokenSource),
}

impl StorageApi {
    /// A client for one service of the account. Sends nothing yet.
    pub(crate) fn client(
        account: &StorageAccount,
        service: Service,
        http_client: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<ServiceClient, SetupError> {
        let endpoint = account.endpoint(service);
        let endpoint = endpoint.ok_or(SetupError::NoSuchService(service))?.clone();
        let credential = match &account.credential {
            AccountCredential::Key(key) => Credential::Key(key.clone()),
            AccountCredential::ManagedIdentity { client_id } => {
                Credential::Identity(identities.tokens(client_id.as_deref(), SCOPE)?)
            }
        };
        let api = Self {
            service,
            account: account.name.clone(),
            credential,
        };
        Ok(RestClient::new(api, endpoint, http_client, clock))
    }

    pub(super) fn account(&self) -> &str {
        &self.account
    }

    pub(super) fn credential(&self) -> &Credential {
        &self.credential
    }

    fn signature(&self, request: &Request, key: &AccountKey) -> Result<HeaderValue, RestError> {
        let body = request.body().and_then(reqwest::Body::as_bytes);
        let signed = Signed {
            method: request.method(),
            url: request.url(),
            headers: request.headers(),
            content_length: body.map_or(0, <[u8]>::len),
        };
        let value = signed.authorization(self.service, &self.account, key);
        HeaderValue::try_from(value).map_err(RestError::unreachable)
    }
}

impl Api for StorageApi {
    /// Supported by the service since 2022, and by Azurite.
    const VERSION: &'static str = "2021-12-02";
    const RETRIES_WHILE_BUSY: bool = false;
    const RETRIES_TIMEOUTS: bool = false;

    async fn authorize(&self, request: &mut Request) -> Result<(), RestError> {
        let value = match &self.credential {
            Credential::Key(key) => self.signature(request, key)?,
            Credential::Identity(tokens) => {
                tokens.bearer().await.map_err(RestError::unreachable)?
            }
        };
        request.headers_mut().insert(AUTHORIZATION, value);
        Ok(())
    }

    fn classify(&self, answer: &Answer) -> AnswerClass {
        match answer.status {
            _ if answer.is_throttled() => AnswerClass::Busy(answer.retry_after()),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => AnswerClass::Denied,
            status if status.is_server_error() => AnswerClass::Failed,
            _ => AnswerClass::Processed,
        }
    }

    /// Names the setting that may be wrong.
    fn describe(&self, answer: &Answer) -> String {
        let summary = answer.summary();
        match (self.classify(answer), &self.credential) {
            (AnswerClass::Busy(_), _) => format!("it is busy ({summary})"),
            (AnswerClass::Denied, Credential::Key(_)) => {
                format!("it does not accept the AccountKey in AzureWebJobsStorage ({summary})")
            }
            (AnswerClass::Denied, Credential::Identity(_)) => format!(
                "it does not accept the managed identity that AzureWebJobsStorage__accountName \
                 asks for: give it the role {} ({summary})",
                self.service.role()
            ),
            (AnswerClass::Failed | AnswerClass::Processed, _) => summary,
        }
    }
}
