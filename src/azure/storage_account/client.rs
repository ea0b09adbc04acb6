//! Calls to one service of an account: signed, within a time limit, and never more of them at
//! once than the service should bear.

use std::time::Duration;

use http::header::{AUTHORIZATION, HeaderName};
use http::{HeaderValue, StatusCode};
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use url::Url;

use super::answer::Answer;
use super::call::{Call, Repeat};
use super::deadline::Deadline;
use super::error::{CallError, SetupError, StorageError};
use super::shared_key::{MS_DATE, Signed};
use super::{AccountCredential, AccountKey, Service, StorageAccount};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::{ManagedIdentities, TokenSource};
use crate::clock::Clock;

/// Spoken by the service since 2022, and by Azurite.
pub(super) const VERSION: &str = "2021-12-02";
const MS_VERSION: HeaderName = HeaderName::from_static("x-ms-version");

const SCOPE: &str = "https://storage.azure.com/.default";

const ONE_TRY: Duration = Duration::from_secs(2);
const AT_ONCE: usize = 64;

/// How we prove ourselves.
#[derive(Debug)]
pub(super) enum Proof {
    Key(AccountKey),
    Identity(TokenSource),
}

/// The proof of one call.
enum Authorization<'a> {
    Token(HeaderValue),
    SignatureBy(&'a AccountKey),
}

#[derive(Debug)]
pub(crate) struct ServiceClient {
    service: Service,
    account: String,
    endpoint: Url,
    proof: Proof,
    outgoing: SharedHttpClient,
    clock: Clock,
    turns: Semaphore,
}

impl ServiceClient {
    /// No call goes out.
    pub(crate) fn new(
        account: &StorageAccount,
        service: Service,
        outgoing: SharedHttpClient,
        clock: Clock,
        identities: &ManagedIdentities,
    ) -> Result<Self, SetupError> {
        let endpoint = account.endpoint(service);
        let endpoint = endpoint.ok_or(SetupError::NoSuchService(service))?.clone();
        let proof = match &account.credential {
            AccountCredential::Key(key) => Proof::Key(key.clone()),
            AccountCredential::ManagedIdentity { client_id } => {
                Proof::Identity(identities.tokens(client_id.as_deref(), SCOPE)?)
            }
        };
        Ok(Self {
            service,
            account: account.name.clone(),
            endpoint,
            proof,
            outgoing,
            clock,
            turns: Semaphore::new(AT_ONCE),
        })
    }

    pub(super) fn account(&self) -> &str {
        &self.account
    }

    pub(super) fn proof(&self) -> &Proof {
        &self.proof
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The address of something below the endpoint.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.endpoint.clone();
        let above = self.endpoint.path().trim_end_matches('/');
        url.set_path(&format!("{above}/{path}"));
        url
    }

    /// The service's answer, whatever it is, unless it says that the service itself failed or
    /// does not accept us.
    pub(crate) async fn call(&self, call: &Call, deadline: Deadline) -> Result<Answer, CallError> {
        let turn = deadline.limits(self.turns.acquire()).await;
        let _turn = turn.map_err(CallError::NotDone)?;
        let shown = self.shown(deadline).await?;
        let mut tried = self.try_once(call, &shown, deadline).await;
        if let Some(pause) = pause_before_again(&tried, call.repeat)
            && pause < deadline.left()
        {
            tracing::debug!("the {} service is asked again", self.service.label());
            sleep(pause).await;
            tried = self.try_once(call, &shown, deadline).await;
        }
        self.judged(tried?, call.repeat)
    }

    async fn shown(&self, deadline: Deadline) -> Result<Authorization<'_>, CallError> {
        match &self.proof {
            Proof::Key(key) => Ok(Authorization::SignatureBy(key)),
            Proof::Identity(tokens) => {
                let token = deadline.limits(tokens.bearer()).await;
                let token = token.map_err(CallError::NotDone)?;
                Ok(Authorization::Token(token.map_err(not_done)?))
            }
        }
    }

    async fn try_once(
        &self,
        call: &Call,
        shown: &Authorization<'_>,
        deadline: Deadline,
    ) -> Result<Answer, CallError> {
        let client = self.outgoing.client().map_err(not_done)?;
        let mut request = self.request(call, shown)?;
        let left = deadline.left().min(ONE_TRY);
        if left.is_zero() {
            return Err(CallError::NotDone(StorageError::TooLong));
        }
        *request.timeout_mut() = Some(left);
        let mut answer = client.execute(request).await.map_err(broken)?;
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let body = answer.bytes().await.map_err(broken)?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn request(
        &self,
        call: &Call,
        shown: &Authorization<'_>,
    ) -> Result<reqwest::Request, CallError> {
        let mut url = self.url(&call.path);
        url.set_query(call.query.as_deref());
        let mut request = reqwest::Request::new(call.method.clone(), url);
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.clock.now());
        let date = HeaderValue::try_from(date.map_err(not_done)?).map_err(not_done)?;
        let headers = request.headers_mut();
        headers.insert(MS_DATE, date);
        headers.insert(MS_VERSION, HeaderValue::from_static(VERSION));
        headers.extend(call.headers.iter().cloned());
        let authorization = match shown {
            Authorization::Token(token) => token.clone(),
            Authorization::SignatureBy(key) => self.signature(&request, call.body.len(), key)?,
        };
        request.headers_mut().insert(AUTHORIZATION, authorization);
        *request.body_mut() = Some(call.body.clone().into());
        Ok(request)
    }

    fn signature(
        &self,
        request: &reqwest::Request,
        content_length: usize,
        key: &AccountKey,
    ) -> Result<HeaderValue, CallError> {
        let signed = Signed {
            method: request.method(),
            url: request.url(),
            headers: request.headers(),
            content_length,
        };
        let value = signed.authorization(self.service, &self.account, key);
        HeaderValue::try_from(value).map_err(not_done)
    }

    fn judged(&self, answer: Answer, repeat: Repeat) -> Result<Answer, CallError> {
        let refused = StorageError::Refused;
        if answer.is_throttled() {
            let busy = format!("it is busy ({})", answer.summary());
            return Err(CallError::NotDone(refused(busy)));
        }
        match (answer.status, repeat) {
            (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _) => {
                Err(CallError::NotDone(refused(self.not_accepted(&answer))))
            }
            (status, _) if !status.is_server_error() => Ok(answer),
            (_, Repeat::DoesNoHarm) => Err(CallError::NotDone(refused(answer.summary()))),
            (_, Repeat::OnlyIfNotDone) => Err(CallError::Unknown(refused(answer.summary()))),
        }
    }

    /// Says which setting to look at.
    fn not_accepted(&self, answer: &Answer) -> String {
        let said = answer.summary();
        match &self.proof {
            Proof::Key(_) => {
                format!("it does not accept the AccountKey in AzureWebJobsStorage ({said})")
            }
            Proof::Identity(_) => format!(
                "it does not accept the managed identity that AzureWebJobsStorage__accountName \
                 asks for: give it the role {} ({said})",
                self.service.role()
            ),
        }
    }
}

fn not_done(error: impl std::error::Error + Send + Sync + 'static) -> CallError {
    CallError::NotDone(StorageError::Unreachable(error.into()))
}

fn pause_before_again(tried: &Result<Answer, CallError>, repeat: Repeat) -> Option<Duration> {
    let at_once = Some(Duration::ZERO);
    match (tried, repeat) {
        (Ok(answer), _) if answer.is_throttled() => Some(answer.retry_after()),
        (Ok(answer), Repeat::DoesNoHarm) if answer.status.is_server_error() => at_once,
        (Err(CallError::NotDone(StorageError::Unreachable(_))), _) => at_once,
        (Err(CallError::Unknown(StorageError::Unreachable(_))), Repeat::DoesNoHarm) => at_once,
        (Ok(_) | Err(_), _) => None,
    }
}

/// Without a connection nothing was asked; otherwise nobody knows. The address is left out of
/// the error: names of partitions and blobs are in it.
fn broken(error: reqwest::Error) -> CallError {
    let (is_connect, is_timeout) = (error.is_connect(), error.is_timeout());
    let unreachable = StorageError::Unreachable(error.without_url().into());
    match (is_connect, is_timeout) {
        (true, _) => CallError::NotDone(unreachable),
        (false, true) => CallError::Unknown(StorageError::TooLong),
        (false, false) => CallError::Unknown(unreachable),
    }
}
