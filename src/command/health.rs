//! `switchboard health`: asks a running handler how it is. The image of a container has no shell and
//! no curl that its health check could use.

use http::StatusCode;
use url::Url;

use crate::azure::http_client::{self, HttpClientError, SharedHttpClient};
use crate::config::{Listen, Source};

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// The address to ask. Default: /api/health on this machine, on the port that `serve` uses.
    #[arg(long)]
    url: Option<String>,
    /// Ask only whether the process answers, not whether the services that it needs work. For
    /// platforms that restart what is unhealthy.
    #[arg(long)]
    live: bool,
}

/// The handler is not healthy, or nothing is there.
#[derive(Debug, thiserror::Error)]
pub enum HealthError {
    #[error("{0} is not a URL")]
    Address(String),
    #[error(transparent)]
    Client(#[from] HttpClientError),
    #[error("no answer")]
    Unanswered(#[source] reqwest::Error),
    #[error("{url} answered {status}: {body}")]
    Unhealthy {
        url: Url,
        status: StatusCode,
        body: String,
    },
}

/// Returns the body of a healthy answer.
pub async fn ask(options: &Options, source: Source<'_>) -> Result<String, HealthError> {
    let url = address(options, source)?;
    let client = match url.scheme() {
        "http" => http_client::without_tls()?,
        _ => SharedHttpClient::new().client()?,
    };
    let answer = client.get(url.clone()).send().await;
    let answer = answer.map_err(HealthError::Unanswered)?;
    let status = answer.status();
    let body = answer.text().await.map_err(HealthError::Unanswered)?;
    if status != StatusCode::OK {
        return Err(HealthError::Unhealthy { url, status, body });
    }
    Ok(body)
}

fn address(options: &Options, source: Source<'_>) -> Result<Url, HealthError> {
    let text = options.url.clone().unwrap_or_else(|| {
        let port = Listen::from_settings(source).address().port();
        format!("http://127.0.0.1:{port}/api/health")
    });
    let mut url = Url::parse(&text).map_err(|_| HealthError::Address(text))?;
    if options.live {
        url.query_pairs_mut().append_pair("live", "1");
    }
    Ok(url)
}
