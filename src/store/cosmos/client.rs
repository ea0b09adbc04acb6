//! The wire: one call of Cosmos DB's REST interface, tried again where that can do no harm.

use jiff::fmt::rfc2822::DateTimePrinter;
use tokio::sync::Semaphore;
use tokio::time::timeout_at;
use url::Url;

use super::answer::Answer;
use super::authorization::Authorization;
use super::call::Call;
use super::patience::Patience;
use super::refusal;
use crate::azure::http_client::SharedHttpClient;
use crate::clock::Clock;
use crate::store::{StoreError, WriteError};

/// The version of the interface that Microsoft's own clients ask for.
const VERSION: &str = "2020-07-15";

/// More calls than these wait for their turn.
const MAX_IN_FLIGHT: usize = 64;

#[derive(Debug)]
pub(super) struct Client {
    endpoint: Url,
    authorization: Authorization,
    outgoing: SharedHttpClient,
    clock: Clock,
    turns: Semaphore,
}

/// A try that had no answer.
enum NoAnswer {
    /// Nothing has gone out.
    NotSent(StoreError),
    /// The service may have done it.
    Unclear(StoreError),
}

impl Client {
    pub(super) fn new(
        endpoint: Url,
        authorization: Authorization,
        outgoing: SharedHttpClient,
        clock: Clock,
    ) -> Self {
        Self {
            endpoint,
            authorization,
            outgoing,
            clock,
            turns: Semaphore::new(MAX_IN_FLIGHT),
        }
    }

    /// Asks for what changes nothing, once more when it went wrong.
    pub(super) async fn read(&self, call: &Call, patience: Patience) -> Result<Answer, StoreError> {
        let mut tries = 2;
        loop {
            tries -= 1;
            match self.attempt(call, patience).await {
                Ok(answer) if answer.went_wrong() => {
                    if tries == 0 {
                        return Err(self.refusal(&answer));
                    }
                }
                Ok(answer) => match answer.asks_to_wait() {
                    None => return Ok(answer),
                    Some(wait) if patience.wait(wait).await => tries += 1,
                    Some(_) => return Err(self.refusal(&answer)),
                },
                Err(NoAnswer::NotSent(error) | NoAnswer::Unclear(error)) => {
                    if tries == 0 {
                        return Err(error);
                    }
                }
            }
        }
    }

    /// Asks for a change, again only when the last try certainly changed nothing.
    pub(super) async fn write(
        &self,
        call: &Call,
        patience: Patience,
    ) -> Result<Answer, WriteError> {
        let mut tries = 2;
        loop {
            tries -= 1;
            match self.attempt(call, patience).await {
                Ok(answer) if answer.went_wrong() => {
                    return Err(WriteError::Unknown(self.refusal(&answer)));
                }
                Ok(answer) => match answer.asks_to_wait() {
                    None => return Ok(answer),
                    Some(wait) if patience.wait(wait).await => tries += 1,
                    Some(_) => return Err(WriteError::NotDone(self.refusal(&answer))),
                },
                Err(NoAnswer::Unclear(error)) => return Err(WriteError::Unknown(error)),
                Err(NoAnswer::NotSent(error)) => {
                    if tries == 0 {
                        return Err(WriteError::NotDone(error));
                    }
                }
            }
        }
    }

    /// Says in a sentence why an answer is not what was hoped for.
    pub(super) fn refusal(&self, answer: &Answer) -> StoreError {
        StoreError::Refused(refusal::sentence(answer, self.authorization.is_key()))
    }

    async fn attempt(&self, call: &Call, patience: Patience) -> Result<Answer, NoAnswer> {
        let turn = timeout_at(patience.ends(), self.turns.acquire()).await;
        let _turn = turn.map_err(|_| NoAnswer::NotSent(StoreError::TooLong))?;
        let ends = patience.try_ends();
        let request = timeout_at(ends, self.request(call)).await;
        let request = request
            .unwrap_or(Err(StoreError::TooLong))
            .map_err(NoAnswer::NotSent)?;
        match timeout_at(ends, answered(request)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) if error.is_connect() || error.is_builder() => {
                Err(NoAnswer::NotSent(StoreError::Unreachable(bare(error))))
            }
            Ok(Err(error)) => Err(NoAnswer::Unclear(StoreError::Unreachable(bare(error)))),
            Err(_) => Err(NoAnswer::Unclear(StoreError::TooLong)),
        }
    }

    async fn request(&self, call: &Call) -> Result<reqwest::RequestBuilder, StoreError> {
        let client = self.outgoing.client();
        let client = client.map_err(|error| StoreError::Unreachable(error.into()))?;
        let date = DateTimePrinter::new().timestamp_to_rfc9110_string(&self.clock.now());
        let date = date.map_err(|error| StoreError::Unreachable(error.into()))?;
        let (method, resource) = (&call.method, &call.resource);
        let proof = self.authorization.header(method, resource, &date).await?;
        let url = resource.url(&self.endpoint);
        Ok(client
            .request(method.clone(), url)
            .headers(call.headers.clone())
            .header("authorization", proof)
            .header("x-ms-date", date)
            .header("x-ms-version", VERSION)
            .header("accept", "application/json")
            .body(call.body.clone()))
    }
}

async fn answered(request: reqwest::RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let (status, headers) = (response.status(), response.headers().clone());
    Ok(Answer::new(status, headers, response.bytes().await?))
}

/// Its address names a record, which is nothing for a log.
fn bare(error: reqwest::Error) -> Box<dyn std::error::Error + Send + Sync> {
    error.without_url().into()
}
