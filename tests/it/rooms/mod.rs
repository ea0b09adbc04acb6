//! Rooms over HTTP, and the effects on open connections: real sockets, through the emulator.

mod admission;
mod invites;
mod live;
mod presence;
mod record;
mod removal;
mod sanctions;
mod settle;
mod under_way;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Member, TestApp, World};

/// Creates or changes a room as an administrator.
async fn put_room(app: &TestApp, room: &str, body: Value) -> Answer {
    let path = format!("/api/rooms/{room}");
    let answer = app.back_end(Method::PUT, &path, &body).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    answer
}

async fn delete_room(app: &TestApp, room: &str) {
    let path = format!("/api/rooms/{room}");
    let answer = app.back_end(Method::DELETE, &path, &Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
}

/// Requests `kick`, `ban`, `unban`, `mute` or `unmute` as an administrator.
async fn sanction(app: &TestApp, room: &str, action: &str, user: &str) -> Answer {
    let path = format!("/api/rooms/{room}/{action}");
    let body = json!({ "userId": user, "reason": "off topic" });
    app.back_end(Method::POST, &path, &body).await
}

/// Requests a sanction that must succeed.
async fn apply_sanction(app: &TestApp, room: &str, action: &str, user: &str) {
    let answer = sanction(app, room, action, user).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
}

async fn create_invite(app: &TestApp, room: &str, body: Value) -> Value {
    let path = format!("/api/rooms/{room}/invites");
    let answer = app.back_end(Method::POST, &path, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

/// Negotiates as a signed-in user.
async fn negotiate(app: &TestApp, user: &str, query: &str) -> Answer {
    let token = app.token(user, json!({}));
    app.negotiate_as(&token, query).await
}

/// Negotiates in a POST, which may contain an invite.
async fn negotiate_by_post(app: &TestApp, user: Option<&str>, body: Value) -> Answer {
    let call = app.call(Method::POST, "/api/negotiate").json(&body);
    Answer::of(match user {
        Some(user) => call.bearer_auth(app.token(user, json!({}))),
        None => call,
    })
    .await
}

/// The handler's response to the `connect` event of a client with a negotiated address.
async fn connect(app: &TestApp, negotiated: &Value) -> Answer {
    let user = negotiated["userId"].as_str().unwrap();
    let query = json!({ "query": { "sb": [crate::support::ticket(negotiated)] } });
    let event = app.event("connect", "a-connection").user(user);
    event.json(&query).send().await
}

fn url(negotiated: &Value) -> &str {
    negotiated["url"].as_str().unwrap()
}

/// A signed-in user's client and the address that it used.
async fn member(world: &World, user: &str, query: &str) -> (Member, String) {
    let negotiated = negotiate(&world.app, user, query).await.ok();
    let address = url(&negotiated).to_owned();
    (Member::dial(&address).await.unwrap(), address)
}
