//! The calls.

use std::time::Duration;

use http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use secrecy::ExposeSecret;
use url::Url;
use uuid::Uuid;

use super::account::{OpenAiAccount, OpenAiCredential};
use super::completion::Completion;
use super::error::OpenAiError;
use super::multipart::Form;
use super::wire::{Chunk, ErrorBody, Request, StreamOptions, Transcript, Turn};
use crate::azure::http_client::SharedHttpClient;
use crate::azure::managed_identity::{IdentityError, ManagedIdentities, TokenSource};

const API_KEY: HeaderName = HeaderName::from_static("api-key");
const RETRY_AFTER_MS: HeaderName = HeaderName::from_static("retry-after-ms");
const SCOPE: &str = "https://cognitiveservices.azure.com/.default";
/// Longer than any answer may take; the shared client's own limit is for short calls.
const TIMEOUT: Duration = Duration::from_secs(150);
/// The audio is sent whole before the service begins.
const TRANSCRIPTION_TIMEOUT: Duration = Duration::from_secs(90);
/// Hours of speech.
const MAX_TRANSCRIPT: usize = 512 * 1024;
/// An error's code stands at its beginning.
const MAX_ERROR_BODY: usize = 64 * 1024;

/// The deployments of one account.
#[derive(Debug)]
pub struct AzureOpenAi {
    completions: Url,
    transcriptions: Option<Transcriptions>,
    models: Url,
    authorization: Authorization,
    http: SharedHttpClient,
}

#[derive(Debug)]
struct Transcriptions {
    url: Url,
    deployment: String,
}

#[derive(Debug)]
enum Authorization {
    Key(secrecy::SecretString),
    Tokens(TokenSource),
}

impl AzureOpenAi {
    /// Sends nothing.
    pub fn new(
        account: &OpenAiAccount,
        http: SharedHttpClient,
        identities: &ManagedIdentities,
    ) -> Result<Self, IdentityError> {
        let authorization = match &account.credential {
            OpenAiCredential::Key(key) => Authorization::Key(key.clone()),
            OpenAiCredential::ManagedIdentity { client_id } => {
                Authorization::Tokens(identities.tokens(client_id.as_deref(), SCOPE)?)
            }
        };
        let url = |path: &str| {
            let mut url = account.endpoint.clone();
            let base = account.endpoint.path().trim_end_matches('/');
            url.set_path(&format!("{base}/openai/{path}"));
            url.set_query(Some(&format!("api-version={}", account.api_version)));
            url
        };
        let deployment = &account.deployment;
        Ok(Self {
            completions: url(&format!("deployments/{deployment}/chat/completions")),
            transcriptions: account.transcribe_deployment.as_ref().map(|deployment| {
                Transcriptions {
                    url: url(&format!("deployments/{deployment}/audio/transcriptions")),
                    deployment: deployment.clone(),
                }
            }),
            models: url("models"),
            authorization,
            http,
        })
    }

    /// Asks the model. The answer streams in from the returned value.
    pub async fn complete(
        &self,
        turns: &[Turn],
        max_tokens: u32,
    ) -> Result<Completion, OpenAiError> {
        let request = Request {
            messages: turns,
            max_tokens,
            stream: true,
            stream_options: StreamOptions {
                include_usage: true,
            },
        };
        let body = serde_json::to_vec(&request).map_err(|_| OpenAiError::Malformed)?;
        let call = self.http.client()?.post(self.completions.clone());
        let call = call
            .header(CONTENT_TYPE, "application/json")
            .body(body)
            .timeout(TIMEOUT);
        let response = self.send(call).await?;
        Ok(Completion::new(response))
    }

    /// Whether a deployment transcribes audio.
    pub fn transcribes(&self) -> bool {
        self.transcriptions.is_some()
    }

    /// The words of a recording. The file's name says its format. `boundary` is random, so that
    /// the audio cannot contain it.
    pub async fn transcribe(
        &self,
        file_name: &str,
        audio: &[u8],
        boundary: Uuid,
    ) -> Result<String, OpenAiError> {
        let Some(Transcriptions { url, deployment }) = &self.transcriptions else {
            let why = "no deployment transcribes";
            return Err(OpenAiError::Refused(why.to_owned()));
        };
        let form = Form::new(boundary, audio.len())
            .text("model", deployment)
            .text("response_format", "json")
            .file("file", file_name, audio);
        let call = self.http.client()?.post(url.clone());
        let call = call
            .header(CONTENT_TYPE, form.content_type())
            .body(form.finish())
            .timeout(TRANSCRIPTION_TIMEOUT);
        let mut response = self.send(call).await?;
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(OpenAiError::broken)? {
            body.extend_from_slice(&piece);
            if body.len() > MAX_TRANSCRIPT {
                return Err(OpenAiError::Malformed);
            }
        }
        let transcript: Transcript =
            serde_json::from_slice(&body).map_err(|_| OpenAiError::Malformed)?;
        Ok(transcript.text)
    }

    /// Lists models, which costs no tokens: address and credential work. A deployment that does
    /// not exist shows only when it is asked.
    pub async fn check(&self) -> Result<(), OpenAiError> {
        let call = self.http.client()?.get(self.models.clone());
        self.send(call).await.map(drop)
    }

    async fn send(&self, call: reqwest::RequestBuilder) -> Result<reqwest::Response, OpenAiError> {
        let (name, value) = self.authorization.header().await?;
        let sent = call.header(name, value).send().await;
        let mut response = sent.map_err(OpenAiError::unreachable)?;
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            let retry_after = retry_after(response.headers());
            return Err(OpenAiError::RateLimited { retry_after });
        }
        let error = read_error(&mut response).await;
        Err(match error.is_content_filter() {
            true => OpenAiError::ContentFiltered,
            false => OpenAiError::Refused(format!("status {status}, code `{}`", error.name())),
        })
    }
}

impl Authorization {
    async fn header(&self) -> Result<(HeaderName, HeaderValue), OpenAiError> {
        match self {
            Self::Key(key) => {
                let value = HeaderValue::try_from(key.expose_secret());
                let mut value = value.map_err(|_| {
                    OpenAiError::Refused("the key cannot be sent in a header".to_owned())
                })?;
                value.set_sensitive(true);
                Ok((API_KEY, value))
            }
            Self::Tokens(tokens) => Ok((AUTHORIZATION, tokens.bearer().await?)),
        }
    }
}

/// Milliseconds where the service gives them, else seconds. A date is not understood; Azure sends
/// none.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let number = |name: &HeaderName| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    let millis = number(&RETRY_AFTER_MS).map(Duration::from_millis);
    millis.or_else(|| number(&RETRY_AFTER).map(Duration::from_secs))
}

async fn read_error(response: &mut reqwest::Response) -> ErrorBody {
    let mut body = Vec::new();
    while body.len() < MAX_ERROR_BODY
        && let Ok(Some(piece)) = response.chunk().await
    {
        body.extend_from_slice(&piece);
    }
    let error = serde_json::from_slice::<Chunk>(&body).ok();
    error.and_then(|chunk| chunk.error).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pause_is_read_in_each_form() {
        let wait = |pairs: &[(&'static str, &'static str)]| {
            let pairs = pairs.iter().map(|(name, value)| {
                let value = HeaderValue::from_static(value);
                (HeaderName::from_static(name), value)
            });
            retry_after(&pairs.collect())
        };

        assert_eq!(wait(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        let both = [("retry-after", "1"), ("retry-after-ms", "250")];
        assert_eq!(wait(&both), Some(Duration::from_millis(250)));
        assert_eq!(wait(&[("retry-after", "soon")]), None);
        assert_eq!(wait(&[]), None);
    }
}
