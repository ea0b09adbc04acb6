//! `--url`: what is wrong with a deployed app, seen from outside.

mod answers;
mod cors;
mod health;
mod negotiate;
mod reach;
mod token;
mod triggers;
mod webhooks;

use url::{Host, Url};

use super::checks::Checks;
use super::faults;
use super::finding::Finding;
use super::probe::Probe;
use crate::app::App;
use crate::azure::http_client::SharedHttpClient;

/// The app's address, and what we know for calling it.
pub(super) struct Site {
    probe: Probe,
    token: Option<String>,
    /// Origins whose pages should be able to call the app.
    origins: Vec<String>,
}

impl Site {
    pub(super) fn new(url: Url, token: Option<String>, origins: Vec<String>) -> Self {
        Self {
            probe: Probe::new(url, SharedHttpClient::new()),
            token,
            origins,
        }
    }
}

/// `app` has the settings of the deployed app, if they are known.
pub(super) async fn check(site: &Site, app: Option<&App>) -> Vec<Finding> {
    let mut found = match reach::check(&site.probe).await {
        Ok(found) => found,
        // Nothing else can be said of what is not ours.
        Err(finding) => return vec![finding],
    };
    found.extend(plain_http(site.probe.base()));
    let (negotiated, service) = negotiate::check(site).await;
    let service = app
        .map(|app| app.hub.endpoint().authority().to_owned())
        .or(service);
    let known = app
        .map(|app| app.config.cors_origins.clone())
        .unwrap_or_default();
    let origins = [&site.origins[..], &known].concat();
    let mut checks = Checks::default();
    checks.add("health", health::check(&site.probe));
    checks.add("token", token::check(site));
    checks.add("webhooks", webhooks::check(&site.probe, service));
    checks.add("triggers", triggers::check(&site.probe));
    checks.add("cors", cors::check(&site.probe, origins));
    found.extend(negotiated);
    found.extend(checks.run().await);
    // Last, because it also judges the answers that the others got.
    found.push(answers::check(&site.probe).await);
    found
}

fn plain_http(base: &Url) -> Option<Finding> {
    let is_here = match base.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    let what = format!("{base} is not encrypted");
    (base.scheme() == "http" && !is_here).then(|| Finding::error("tls", &faults::PLAIN_HTTP, what))
}
