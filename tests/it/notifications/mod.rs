//! `/api/notifications`: the inbox, and what open connections receive.

mod delivery;
mod inbox;
mod input;
mod queue;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::config::Listen;

use crate::support::{Answer, NOW, Socket, TestApp, World};

const NOTIFICATIONS: &str = "/api/notifications";
const DAY: i64 = 24 * 60 * 60;

/// Sends as a back end does.
pub(crate) async fn notify(world: &World, user: &str, notification: &Value) -> Answer {
    let body = json!({ "user_id": user, "notification": notification });
    world.app.back_end(Method::POST, NOTIFICATIONS, &body).await
}

/// Sends, and returns the id.
pub(crate) async fn notified(world: &World, user: &str, notification: &Value) -> String {
    let answer = notify(world, user, notification).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.json()["id"].as_str().unwrap().to_owned()
}

/// Reads the user's inbox with this query.
pub(crate) async fn inbox(world: &World, user: &str, query: &str) -> Value {
    get(world, user, &format!("?{query}")).await.ok()
}

/// The ids in the user's inbox, newest first.
pub(crate) async fn ids(world: &World, user: &str, query: &str) -> Vec<String> {
    let page = inbox(world, user, query).await;
    let entries = page["notifications"].as_array().unwrap();
    let ids = entries.iter().map(|entry| entry["id"].as_str().unwrap());
    ids.map(str::to_owned).collect()
}

pub(crate) async fn unread(world: &World, user: &str) -> Value {
    get(world, user, "/unread-count").await.ok()["unread"].take()
}

pub(crate) async fn mark_read(world: &World, user: &str, marks: &Value) -> Answer {
    let token = lasting_token(world, user);
    let call = world
        .app
        .call(Method::POST, &format!("{NOTIFICATIONS}/read"));
    Answer::of(call.bearer_auth(token).body(marks.to_string())).await
}

/// For tests that move the clock by days.
fn lasting_token(world: &World, user: &str) -> String {
    world.app.token(user, json!({ "exp": NOW + 100 * DAY }))
}

async fn get(world: &World, user: &str, rest: &str) -> Answer {
    let token = lasting_token(world, user);
    let call = world
        .app
        .call(Method::GET, &format!("{NOTIFICATIONS}{rest}"));
    Answer::of(call.bearer_auth(token)).await
}

/// A page of the user that listens to notifications.
pub(crate) async fn open_tab(world: &World, user: &str) -> Socket {
    let mut tab = world.join_as(user, "channel=notifications").await;
    tab.receive_type("connection.established").await;
    tab
}

async fn under_the_host() -> World {
    World::started_by(Listen::Functions(0), &[]).await
}

/// As the Functions host hands over a message that it took from the queue.
async fn from_queue(app: &TestApp, message: &Value, id: &str, dequeue_count: u32) -> u16 {
    let metadata = json!({
        "DequeueCount": dequeue_count.to_string(),
        "Id": json!(id).to_string(),
    });
    let answer = app
        .trigger_with("broadcast", &message.to_string(), &metadata)
        .await;
    answer.status.as_u16()
}
