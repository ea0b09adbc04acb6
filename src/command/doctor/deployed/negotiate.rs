//! `negotiate`, and the client that connects with its answer.

use http::StatusCode;
use http::header::AUTHORIZATION;
use url::Url;

use super::Site;
use crate::command::doctor::client;
use crate::command::doctor::faults;
use crate::command::doctor::finding::Finding;
use crate::command::doctor::probe::{Reply, Request};

const CHECK: &str = "negotiate";

/// Also returns the host of the service that clients are sent to, with its port if it has one.
pub(super) async fn check(site: &Site) -> (Vec<Finding>, Option<String>) {
    let path = match site.token {
        Some(_) => "/api/negotiate?channel=audio&username=switchboard-doctor",
        None => "/api/negotiate?channel=audio",
    };
    let bearer = site.token.as_ref().map(|token| format!("Bearer {token}"));
    let mut request = Request::get(path);
    if let Some(bearer) = &bearer {
        request = request.header(AUTHORIZATION, bearer);
    }
    let reply = match site.probe.call(request).await {
        Ok(reply) => reply,
        Err(error) => {
            let what = format!("/api/negotiate: {error}");
            return (
                vec![Finding::error(CHECK, &faults::NEGOTIATE_FAILED, what)],
                None,
            );
        }
    };
    let answer = reply.json();
    let text = |name| answer.get(name).and_then(serde_json::Value::as_str);
    let Some(url) = text("url").filter(|_| reply.status == StatusCode::OK) else {
        return (vec![refusal(site, &reply)], None);
    };
    let hub = text("hub").unwrap_or_default();
    let service = service(url);
    let what = format!(
        "sends clients to {}",
        service.as_deref().unwrap_or("nowhere")
    );
    let connected = client::connect(site.probe.http(), url, hub).await;
    let connected = connected.fill("hub", hub);
    (vec![Finding::ok(CHECK, what), connected], service)
}

fn refusal(site: &Site, reply: &Reply) -> Finding {
    let summary = reply.summary();
    match reply.status {
        // The token has a check of its own.
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if site.token.is_some() => {
            Finding::skipped(CHECK, format!("the token was refused ({summary})"))
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if reply.code().is_some() => {
            let what = "callers must sign in; with `--token` a client connects";
            Finding::skipped(CHECK, what)
        }
        StatusCode::TOO_MANY_REQUESTS => Finding::skipped(CHECK, "too many calls; try again"),
        _ => {
            let detail = reply.json();
            let detail = detail.get("detail").and_then(serde_json::Value::as_str);
            let detail = detail
                .map(|detail| format!(": {detail}"))
                .unwrap_or_default();
            let what = format!("/api/negotiate answers {summary}{detail}");
            Finding::error(CHECK, &faults::NEGOTIATE_FAILED, what)
        }
    }
}

fn service(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let host = url.host_str()?;
    Some(match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    })
}
