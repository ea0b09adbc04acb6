use serde_json::json;

use super::Request;
use super::keys::{self, ShownKey};
use crate::host::{Host, VERSION};
use crate::http::{Reply, ReplyBody, Wire};

/// `/admin/…`: for a person at this machine, never for a web page.
pub(super) async fn answer(host: &Host, _wire: &mut Wire, request: &mut Request) -> Reply {
    if let Err(reply) = guard(host, request) {
        return *reply;
    }
    let method = request.head.method_text().to_ascii_uppercase();
    match (method.as_str(), request.target.path.as_str()) {
        ("GET", "/admin/host/status") => status(host),
        _ => Reply::empty(404),
    }
}

/// A page in a browser could reach these addresses by its own origin or by a name that was
/// pointed at this machine; neither is let in.
fn guard(host: &Host, request: &Request) -> Result<(), Box<Reply>> {
    let named = request.header("Host").unwrap_or_default();
    let name = named.rsplit_once(':').map_or(named, |(name, _)| name);
    let local = ["localhost", "127.0.0.1", "[::1]"]
        .iter()
        .any(|own| name.eq_ignore_ascii_case(own));
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
    let body = json!({
        "state": if host.is_ready() { "Running" } else { "Initialized" },
        "version": VERSION,
        "functions": host.app.functions.len(),
    });
    Reply::new(200, ReplyBody::Sized(body.to_string().into()))
        .with("Content-Type", "application/json; charset=utf-8")
}
