//! The control API for tests: inspects the emulator and injects faults.

mod deliveries;
mod guard;
mod response;
mod state;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::{Request, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};

use crate::app::App;
use crate::connection::Connection;
use crate::hub::{Audience, Hub};
use crate::query::Query;
use crate::response::Response;
use response::{bad_request, json_response, number};

const DEFAULT_CALLS: usize = 20;

/// Anything below `/emulator/`
pub(crate) async fn handle(
    app: &Arc<App>,
    peer: SocketAddr,
    request: Request<Incoming>,
) -> Response {
    if !guard::admits(peer, request.headers()) {
        let why = json!({ "error": "the control API is for this machine only" });
        return json_response(StatusCode::FORBIDDEN, &why);
    }
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let path = request.uri().path().trim_start_matches("/emulator/");
    let segments: Vec<&str> = path.split('/').collect();
    match (request.method().as_str(), segments.as_slice()) {
        ("GET", ["connections"]) => connections(app, &query),
        ("POST", ["connections", id, "drop"]) => drop_connection(app, id),
        ("GET", ["webhooks"]) => webhooks(app, &query),
        ("POST", ["webhooks", "fail"]) => fail_webhooks(app, &query),
        ("GET", ["state"]) => state::export(app),
        ("PUT", ["state"]) => {
            let body = request.into_body();
            state::import(app, body).await
        }
        ("GET", ["deliveries"]) => deliveries::plans(app),
        ("DELETE", ["deliveries"]) => deliveries::forget(app),
        ("POST", ["deliveries", fate]) => deliveries::plan(app, fate, &query),
        ("POST", ["clock", "advance"]) => advance_clock(app, &query),
        _ => json_response(
            StatusCode::NOT_FOUND,
            &json!({ "error": "unknown operation" }),
        ),
    }
}

/// `GET /emulator/connections?hub=`
fn connections(app: &App, query: &Query) -> Response {
    let wanted = query.get("hub").map(str::to_ascii_lowercase);
    let mut shown = Vec::new();
    for hub in app.hubs() {
        if wanted.as_deref().is_none_or(|wanted| *hub.name == *wanted) {
            let connections = hub.select(Audience::Everyone);
            shown.extend(connections.iter().map(|connection| show(&hub, connection)));
        }
    }
    json_response(StatusCode::OK, &json!({ "connections": shown }))
}

fn show(hub: &Hub, connection: &Connection) -> Value {
    let groups: Vec<String> = connection
        .groups
        .lock()
        .iter()
        .map(|group| group.to_string())
        .collect();
    json!({
        "hub": &*hub.name,
        "connectionId": &*connection.id,
        "userId": connection.user.as_deref(),
        "subprotocol": connection.agreed.subprotocol,
        "groups": groups,
        "roles": connection.roles,
        "state": connection.identity.state(),
        // False while a reliable connection waits for its client to reconnect.
        "attached": connection.outbox.is_attached(),
    })
}

/// `POST /emulator/connections/{id}/drop`: cuts the socket without a close frame
fn drop_connection(app: &App, id: &str) -> Response {
    match app.hubs().iter().find_map(|hub| hub.connection(id)) {
        Some(connection) => {
            connection.outbox.cut();
            json_response(StatusCode::OK, &json!({ "dropped": id }))
        }
        None => json_response(
            StatusCode::NOT_FOUND,
            &json!({ "error": "unknown connection" }),
        ),
    }
}

/// `GET /emulator/webhooks?limit=`: the last calls to handlers, newest first
fn webhooks(app: &App, query: &Query) -> Response {
    let limit = number(query, "limit").unwrap_or(DEFAULT_CALLS);
    json_response(
        StatusCode::OK,
        &json!({ "calls": app.upstream.journal.newest(limit) }),
    )
}

/// `POST /emulator/webhooks/fail?count=`: makes the next requests to handlers fail
fn fail_webhooks(app: &App, query: &Query) -> Response {
    match number(query, "count") {
        Some(count) => {
            app.upstream.faults.plan(count);
            json_response(StatusCode::OK, &json!({ "failing": count }))
        }
        None => bad_request("count must be a whole number"),
    }
}

/// `POST /emulator/clock/advance?seconds=`: moves the clock forward
fn advance_clock(app: &App, query: &Query) -> Response {
    match number(query, "seconds") {
        Some(seconds) => {
            app.clock.advance(Duration::from_secs(seconds));
            json_response(StatusCode::OK, &json!({ "now": app.clock.rfc3339() }))
        }
        None => bad_request("seconds must be a whole number"),
    }
}
