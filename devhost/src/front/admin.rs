use serde_json::{Value, json};

use super::Request;
use super::keys::{self, ShownKey};
use crate::handler::ping;
use crate::host::{Host, VERSION};
use crate::http::{Reply, ReplyBody, Wire, names_this_machine};
use crate::trigger::{self, firing_by_hand, firings_of_feed};

/// `/admin/…`: for a person at this machine, never for a web page.
pub(super) async fn answer(host: &Host, wire: &mut Wire, request: &mut Request) -> Reply {
    if let Err(reply) = guard(host, request) {
        return *reply;
    }
    let method = request.head.method_text().to_ascii_uppercase();
    let path = request.target.path.clone();
    match (method.as_str(), path.as_str()) {
        ("GET", "/admin/host/status") => status(host),
        ("GET" | "POST", "/admin/host/ping") => {
            // What the handler says to it is of no interest.
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

/// A page in a browser could reach these addresses by its own origin or by a name that was
/// pointed at this machine; neither is let in.
fn guard(host: &Host, request: &Request) -> Result<(), Box<Reply>> {
    let local = names_this_machine(request.header("Host").unwrap_or_default());
    if !local || request.head.fields.contains("Origin") || !request.peer.ip().is_loopback() {
        return Err(Box::new(Reply::empty(403)));
    }
    match &host.app.options.keys {
        Some(own) if keys::shown(own, request) != ShownKey::Master => {
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
    answered(
        200,
        &json!({ "state": state, "version": VERSION, "functions": host.app.functions.len() }),
    )
}

/// `POST /admin/functions/<name>`: runs a function that has no address of its own.
fn run_function(host: &Host, name: &str, body: &[u8]) -> Reply {
    let Some((at, function)) = trigger::find(host, name).filter(|(_, function)| !function.disabled)
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
            "the body has to be JSON such as {{\"input\": \"text\"}}: {error}"
        )),
    };
    match firing {
        Ok(firing) => {
            host.order((at, Ok(firing)));
            Reply::empty(202)
        }
        Err(problem) => answered(400, &json!({ "error": problem })),
    }
}

/// `POST /admin/feed/<event hub>`: a batch of events for every function that listens to it.
fn feed(host: &Host, hub: &str, body: &[u8]) -> Reply {
    let feed = match trigger::Feed::parse(body) {
        Ok(feed) => feed,
        Err(problem) => return answered(400, &json!({ "error": problem })),
    };
    let firings = firings_of_feed(host, hub, &feed);
    if firings.is_empty() {
        return answered(
            404,
            &json!({ "error": format!("no function listens to {hub}, or there are no events") }),
        );
    }
    firings.into_iter().for_each(|firing| host.order(firing));
    Reply::empty(202)
}

fn answered(status: u16, body: &Value) -> Reply {
    Reply::new(status, ReplyBody::Sized(body.to_string().into()))
        .with("Content-Type", "application/json; charset=utf-8")
}
