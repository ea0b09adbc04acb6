//! Sends calls: authorized, within a deadline, with retries, and only so many at a time.

use std::time::Duration;

use http::{HeaderName, HeaderValue};
use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use url::Url;

use super::api::{AnswerClass, Api, MS_DATE};
use super::call::{Answer, Call, Retry};
use super::deadline::Deadline;
use super::error::{CallError, RestError};
use crate::azure::http_client::SharedHttpClient;
use crate::clock::Clock;

const MS_VERSION: HeaderName = HeaderName::from_static("x-ms-version");

/// Further calls wait for a permit.
const MAX_IN_FLIGHT: usize = 64;

#[derive(Debug)]
pub(crate) struct RestClient<A> {
    api: A,
    endpoint: Url,
    http_client: SharedHttpClient,
    clock: Clock,
    permits: Semaphore,
}

impl<A: Api> RestClient<A> {
    /// Sends nothing yet.
    pub(crate) fn new(api: A, endpoint: Url, http_client: SharedHttpClient, clock: Clock) -> Self {
        Self {
            api,
            endpoint,
            http_client,
            clock,
            permits: Semaphore::new(MAX_IN_FLIGHT),
        }
    }

    pub(crate) fn api(&self) -> &A {
        &self.api
    }

    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The address of a path below the endpoint.
    pub(crate) fn url(&self, path: &str) -> Url {
        let mut url = self.endpoint.clone();
        let base = self.endpoint.path().trim_end_matches('/');
        url.set_path(&format!("{base}/{path}"));
        url
    }

    /// The error for an answer that the caller did not expect.
    pub(crate) fn refusal(&self, answer: &Answer) -> RestError {
        RestError::Refused(self.api.describe(answer))
    }

    /// Returns every answer that [`Api::classify`] calls processed, whatever its status.
    pub(crate) async fn call(&self, call: &Call, deadline: Deadline) -> Result<Answer, CallError> {
        let is_idempotent = call.retry == Retry::Idempotent;
        let mut is_retry = false;
        loop {
            let (error, pause) = match self.attempt(call, deadline).await {
                Ok(answer) => {
                    let refusal = || self.refusal(&answer);
                    match self.api.classify(&answer) {
                        AnswerClass::Processed => return Ok(answer),
                        AnswerClass::Denied => {
                            return Err(CallError::NotDone(RestError::Denied {
                                status: answer.status.as_u16(),
                                why: self.api.describe(&answer),
                            }));
                        }
                        AnswerClass::Busy(pause) => (CallError::NotDone(refusal()), Some(pause)),
                        AnswerClass::Failed if is_idempotent => {
                            (CallError::NotDone(refusal()), Some(Duration::ZERO))
                        }
                        AnswerClass::Failed => return Err(CallError::Unknown(refusal())),
                    }
                }
                Err(error) => {
                    let is_transient = match &error {
                        CallError::NotDone(RestError::Unreachable(_)) => true,
                        CallError::Unknown(RestError::Unreachable(_)) => is_idempotent,
                        CallError::Unknown(RestError::TooLong) => {
                            is_idempotent && A::RETRIES_TIMEOUTS
                        }
                        CallError::NotDone(_) | CallError::Unknown(_) => false,
                    };
                    (error, is_transient.then_some(Duration::ZERO))
                }
            };
            let Some(pause) = pause.filter(|pause| *pause < deadline.left()) else {
                return Err(error);
            };
            let waits_while_busy = A::RETRIES_WHILE_BUSY && !pause.is_zero();
            if is_retry && !waits_while_busy {
                return Err(error);
            }
            is_retry |= !waits_while_busy;
            tracing::debug!("retrying a call to {}", self.endpoint.authority());
            sleep(pause).await;
        }
    }

    async fn attempt(&self, call: &Call, deadline: Deadline) -> Result<Answer, CallError> {
        let permit = deadline.limits(self.permits.acquire()).await;
        let _permit = permit.map_err(CallError::NotDone)?;
        let client = self.http_client.client().map_err(not_done)?;
        let mut request = self.request(call)?;
        let authorized = deadline.limits(self.api.authorize(&mut request)).await;
        authorized
            .and_then(|result| result)
            .map_err(CallError::NotDone)?;
        let timeout = deadline.left().min(call.attempt_timeout);
        if timeout.is_zero() {
            return Err(CallError::NotDone(RestError::TooLong));
        }
        *request.timeout_mut() = Some(timeout);
        let mut response = client.execute(request).await.map_err(failed)?;
        let (status, headers) = (response.status(), std::mem::take(response.headers_mut()));
        let body = response.bytes().await.map_err(failed)?;
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    fn request(&self, call: &Call) -> Result<reqwest::Request, CallError> {
        let mut url = self.url(&call.path);
        url.set_query(call.query.as_deref());
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.clock.now());
        let date = HeaderValue::try_from(date.map_err(not_done)?).map_err(not_done)?;
        let mut request = reqwest::Request::new(call.method.clone(), url);
        let headers = request.headers_mut();
        headers.insert(MS_DATE, date);
        headers.insert(MS_VERSION, HeaderValue::from_static(A::VERSION));
        headers.extend(call.headers.iter().cloned());
        *request.body_mut() = Some(call.body.clone().into());
        Ok(request)
    }
}

fn not_done(error: impl std::error::Error + Send + Sync + 'static) -> CallError {
    CallError::NotDone(RestError::unreachable(error))
}

/// Without a connection nothing was sent. The address is removed from the error because it names
/// partitions and blobs.
fn failed(error: reqwest::Error) -> CallError {
    let not_sent = error.is_connect() || error.is_builder();
    let is_timeout = error.is_timeout();
    let unreachable = RestError::unreachable(error.without_url());
    match (not_sent, is_timeout) {
        (true, _) => CallError::NotDone(unreachable),
        (false, true) => CallError::Unknown(RestError::TooLong),
        (false, false) => CallError::Unknown(unreachable),
    }
}
