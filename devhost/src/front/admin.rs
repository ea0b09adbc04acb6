//! `/admin/…`: status, and runs by hand. For a person at this machine, never for a web page.

use serde_json::{Value, json};

use super::keys::{KeyLevel, key_level};
use super::request::Request;
use crate::firing::RunRequest;
use crate::host::{Host, VERSION};
use crate::http::{Reply, ReplyBody, Wire, names_this_machine};
use crate::supervisor::ping;
use crate::trigger::{self, firing_by_hand};

/// Answers a request below `/admin/`.
pub(super) async fn answer(host: &Host, wire: &mut Wire, request: &mut Request) -> Reply {
    if let Err(reply) = guard(host, request) {
        return *reply;
    }
    let method = request.head.method_text().to_ascii_uppercase();
    let path = request.target.path.clone();
    match (method.as_str(), path.as_str()) {
        ("GET", "/admin/host/status") => status(host),
        ("GET" | "POST", "/admin/host/ping") => {
            // The handler's answer does not matter.
            let _ = ping(host).await;
            Reply::empty(200)
        }
        ("POST", path) => {
            let Ok(body) = request.body(wire).await else {
                return Reply::empty(400);
            };
            if let Some(name) = path.strip_prefix("/admin/functions/") {
                return run_function(host, name, &body);
            }
            match path.strip_prefix("/admin/feed/") {
                Some(hub) => feed(host, hub, &body),
                None => Reply::empty(404),
            }
        }
        _ => Reply::empty(404),
    }
}

/// Refuses web pages: requests with an `Origin`, and those with a host name that may only resolve
/// to this machine.
fn guard(host: &Host, request: &Request) -> Result<(), Box<Reply>> {
    let local = names_this_machine(request.header("Host").unwrap_or_default());
    if !local || request.head.fields.contains("Origin") || !request.peer.ip().is_loopback() {
        return Err(Box::new(Reply::empty(403)));
    }
    match &host.app.options.keys {
        Some(keys) if key_level(keys, request) != KeyLevel::Master => {
            Err(Box::new(Reply::empty(401)))
        }
        _ => Ok(()),
    }
}

fn status(host: &Host) -> Reply {
    let state = if host.is_ready() {
        "Running"
    } else {
        "Initialized"
    };
    json_reply(
        200,
        &json!({ "state": state, "version": VERSION, "functions": host.app.functions.len() }),
    )
}

/// `POST /admin/functions/<name>`: runs a function that is not an HTTP function.
fn run_function(host: &Host, name: &str, body: &[u8]) -> Reply {
    let Some((index, function)) =
        trigger::find(host, name).filter(|(_, function)| !function.disabled)
    else {
        return Reply::empty(404);
    };
    let body = if body.trim_ascii().is_empty() {
        Ok(Value::Null)
    } else {
        serde_json::from_slice(body)
    };
    let firing = match body {
        Ok(body) => firing_by_hand(function, &body),
        Err(error) => Err(format!(
            "the body must be JSON such as {{\"input\": \"text\"}}: {error}"
        )),
    };
    match firing {
        Ok(firing) => {
            host.request_run(RunRequest {
                function: index,
                partition: None,
                firing: Ok(firing),
            });
            Reply::empty(202)
        }
        Err(problem) => json_reply(400, &json!({ "error": problem })),
    }
}

/// `POST /admin/feed/<event hub>`: passes events to all functions that listen to the hub.
fn feed(host: &Host, hub: &str, body: &[u8]) -> Reply {
    let feed = match trigger::Feed::parse(body) {
        Ok(feed) => feed,
        Err(problem) => return json_reply(400, &json!({ "error": problem })),
    };
    let requests = trigger::runs_of_feed(host, hub, &feed);
    if requests.is_empty() {
        return json_reply(
            404,
            &json!({ "error": format!("no function listens to {hub}, or there are no events") }),
        );
    }
    requests
        .into_iter()
        .for_each(|request| host.request_run(request));
    Reply::empty(202)
}

fn json_reply(status: u16, body: &Value) -> Reply {
    Reply::new(status, ReplyBody::Sized(body.to_string().into()))
        .with("Content-Type", "application/json; charset=utf-8")
}
