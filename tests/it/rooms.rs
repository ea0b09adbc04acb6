//! Rooms over HTTP, and the effects on open connections: real sockets, through the emulator.

mod door;
mod live;
mod order;
mod presence;
mod record;
mod removal;
mod settle;
mod under_way;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Member, TestApp, World};

/// An administrator sets a room up, or changes it.
async fn puts(app: &TestApp, room: &str, body: Value) -> Answer {
    let path = format!("/api/rooms/{room}");
    let answer = app.back_end(Method::PUT, &path, &body).await;
    assert!(answer.status.is_success(), "{}", answer.body);
    answer
}

async fn deletes(app: &TestApp, room: &str) {
    let path = format!("/api/rooms/{room}");
    let answer = app.back_end(Method::DELETE, &path, &Value::Null).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
}

/// An administrator keeps order: `kick`, `ban`, `unban`, `mute`, `unmute`.
async fn orders(app: &TestApp, room: &str, order: &str, user: &str) -> Answer {
    let path = format!("/api/rooms/{room}/{order}");
    let body = json!({ "userId": user, "reason": "it had to be" });
    app.back_end(Method::POST, &path, &body).await
}

async fn carries_out(app: &TestApp, room: &str, order: &str, user: &str) {
    let answer = orders(app, room, order, user).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
}

async fn invites(app: &TestApp, room: &str, body: Value) -> Value {
    let path = format!("/api/rooms/{room}/invites");
    let answer = app.back_end(Method::POST, &path, &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.json()
}

/// Negotiates as a signed-in user.
async fn asks(app: &TestApp, user: &str, query: &str) -> Answer {
    let token = app.token(user, json!({}));
    app.negotiate_as(&token, query).await
}

/// The same in a POST, where an invite may be shown.
async fn posts(app: &TestApp, user: Option<&str>, body: Value) -> Answer {
    let call = app.call(Method::POST, "/api/negotiate").json(&body);
    Answer::of(match user {
        Some(user) => call.bearer_auth(app.token(user, json!({}))),
        None => call,
    })
    .await
}

/// What the handler says to somebody who dials with a negotiated address.
async fn dials(app: &TestApp, negotiated: &Value) -> Answer {
    let user = negotiated["userId"].as_str().unwrap();
    let query = json!({ "query": { "sb": [crate::support::ticket(negotiated)] } });
    let event = app.event("connect", "a-connection").user(user);
    event.json(&query).send().await
}

fn url(negotiated: &Value) -> &str {
    negotiated["url"].as_str().unwrap()
}

/// A signed-in user's client, and the address that it used.
async fn member(world: &World, user: &str, query: &str) -> (Member, String) {
    let negotiated = asks(&world.app, user, query).await.ok();
    let address = url(&negotiated).to_owned();
    (Member::dial(&address).await.unwrap(), address)
}
