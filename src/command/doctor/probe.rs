//! Calls to an address that may be anything: every answer is limited in time and size.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use http::header::{HeaderName, LOCATION};
use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::finding::explain;
use crate::azure::http_client::SharedHttpClient;

const TIMEOUT: Duration = Duration::from_secs(8);
/// `openapi.json` is not read; everything else of ours is far shorter.
const MAX_BODY: usize = 256 * 1024;

pub(super) struct Probe {
    base: Url,
    http: SharedHttpClient,
    /// Answers with a status at which the Functions host closes the connection.
    without_body: Mutex<Vec<String>>,
}

/// A call to make.
pub(super) struct Request<'a> {
    pub(super) method: Method,
    /// Below the app's address, with its leading slash, and sent as it stands.
    pub(super) path: &'a str,
    pub(super) headers: Vec<(HeaderName, &'a str)>,
    pub(super) body: Option<&'a str>,
}

impl<'a> Request<'a> {
    pub(super) fn new(method: Method, path: &'a str) -> Self {
        Self {
            method,
            path,
            headers: Vec::new(),
            body: None,
        }
    }

    pub(super) fn get(path: &'a str) -> Self {
        Self::new(Method::GET, path)
    }

    pub(super) fn header(mut self, name: HeaderName, value: &'a str) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn body(mut self, body: &'a str) -> Self {
        self.body = Some(body);
        self
    }
}

pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Cut at a limit.
    pub(super) body: String,
}

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum NoReply {
    Unreachable(String),
    Certificate(String),
    TooLong,
}

impl Reply {
    /// `null` if the body is no JSON.
    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The code of a problem document.
    pub(super) fn code(&self) -> Option<String> {
        Some(self.json().get("code")?.as_str()?.to_owned())
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Where a redirect leads, without its query, which may hold anything.
    pub(super) fn redirect(&self) -> Option<String> {
        if !self.status.is_redirection() {
            return None;
        }
        let target = self.header(LOCATION.as_str())?;
        Some(target.split(['?', '#']).next()?.to_owned())
    }

    /// Status and code, for people.
    pub(super) fn summary(&self) -> String {
        match self.code() {
            Some(code) => format!("{} `{code}`", self.status.as_u16()),
            None => self.status.as_u16().to_string(),
        }
    }
}

impl std::fmt::Display for NoReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unreachable(why) | Self::Certificate(why) => f.write_str(why),
            Self::TooLong => write!(f, "no answer within {} seconds", TIMEOUT.as_secs()),
        }
    }
}

impl Probe {
    pub(super) fn new(base: Url, http: SharedHttpClient) -> Self {
        Self {
            base,
            http,
            without_body: Mutex::default(),
        }
    }

    pub(super) fn base(&self) -> &Url {
        &self.base
    }

    pub(super) fn http(&self) -> &SharedHttpClient {
        &self.http
    }

    pub(super) async fn call(&self, request: Request<'_>) -> Result<Reply, NoReply> {
        let described = format!("{} {}", request.method, request.path);
        let reply = self.send(request).await?;
        if matches!(reply.status.as_u16(), 204 | 205 | 304) {
            let seen = format!("{} to {described}", reply.status.as_u16());
            let all = self.without_body.lock();
            all.unwrap_or_else(PoisonError::into_inner).push(seen);
        }
        Ok(reply)
    }

    /// A browser's preflight. The platform may answer it with 204, before the host sees it.
    pub(super) async fn preflight(&self, request: Request<'_>) -> Result<Reply, NoReply> {
        self.send(request).await
    }

    pub(super) fn answers_without_body(&self) -> Vec<String> {
        let all = self.without_body.lock();
        all.unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn send(&self, request: Request<'_>) -> Result<Reply, NoReply> {
        let base = self.base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{}", request.path));
        let url = url.map_err(|error| NoReply::Unreachable(error.to_string()))?;
        let client = self.http.client();
        let client = client.map_err(|error| NoReply::Unreachable(explain(&error)))?;
        let mut call = client.request(request.method, url).timeout(TIMEOUT);
        for (name, value) in request.headers {
            call = call.header(name, value);
        }
        if let Some(body) = request.body {
            call = call.body(body.to_owned());
        }
        let mut answer = call.send().await.map_err(no_reply)?;
        let mut body = Vec::new();
        // A body that breaks off or never ends is judged by its beginning.
        while body.len() < MAX_BODY {
            match answer.chunk().await {
                Ok(Some(piece)) => body.extend_from_slice(&piece),
                Ok(None) | Err(_) => break,
            }
        }
        body.truncate(MAX_BODY);
        Ok(Reply {
            status: answer.status(),
            headers: std::mem::take(answer.headers_mut()),
            body: String::from_utf8_lossy(&body).into_owned(),
        })
    }
}

fn no_reply(error: reqwest::Error) -> NoReply {
    let is_timeout = error.is_timeout();
    let why = explain(&error.without_url());
    match why.to_ascii_lowercase().contains("certificate") {
        true => NoReply::Certificate(why),
        false if is_timeout => NoReply::TooLong,
        false => NoReply::Unreachable(why),
    }
}
