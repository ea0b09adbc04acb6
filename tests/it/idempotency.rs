//! Calls with an `Idempotency-Key`.

use std::path::Path;

use futures_util::future::join_all;
use reqwest::Method;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::support::{Answer, World, fresh_folder};

const DAY: i64 = 24 * 60 * 60;
const MESSAGES: &str = "/api/rooms/lobby/messages";

async fn post(world: &World, path: &str, key: &str, body: &Value) -> Answer {
    let call = world.app.call(Method::POST, path);
    let call = call.bearer_auth("the-api-token-of-the-tests");
    Answer::of(call.header("idempotency-key", key).json(body)).await
}

async fn last_seq(world: &World) -> Value {
    world.app.get(MESSAGES).await.ok()["lastSeq"].take()
}

fn hello() -> Value {
    json!({ "content": "hello" })
}

#[tokio::test]
async fn a_repeated_call_gets_the_first_response_and_does_nothing() {
    let world = World::start().await;

    let first = post(&world, MESSAGES, "k1", &hello()).await;
    let again = post(&world, MESSAGES, "k1", &hello()).await;
    world.app.advance(DAY - 1);
    let late = post(&world, "/api/Rooms/lobby/messages/", "k1", &hello()).await;

    assert_eq!(first.status, 201);
    for repeat in [again, late] {
        assert_eq!(repeat.status, 201);
        assert_eq!(repeat.body, first.body);
    }
    assert_eq!(last_seq(&world).await, 1);
    assert_eq!(world.gate.calls(), 1);
}

#[tokio::test]
async fn a_key_can_be_reused_after_a_day() {
    let world = World::start().await;
    post(&world, MESSAGES, "k1", &hello()).await;

    world.app.advance(DAY);
    let reused = post(&world, MESSAGES, "k1", &json!({ "content": "other" })).await;

    assert_eq!(reused.status, 201);
    assert_eq!(reused.json()["seq"], 2);
}

#[tokio::test]
async fn a_different_body_with_the_same_key_is_refused() {
    let world = World::start().await;
    post(&world, MESSAGES, "k1", &hello()).await;

    let other = post(&world, MESSAGES, "k1", &json!({ "content": "other" })).await;

    other.assert_problem(422, "key_reused");
    assert_eq!(last_seq(&world).await, 1);
}

#[tokio::test]
async fn a_key_belongs_to_one_caller_and_one_route() {
    let world = World::start().await;
    post(&world, MESSAGES, "k1", &hello()).await;

    let elsewhere = post(&world, "/api/rooms/other/messages", "k1", &hello()).await;
    let call = world.app.call(Method::POST, MESSAGES);
    let user = world.app.token("p", json!({ "roles": ["publisher"] }));
    let call = call.bearer_auth(user).header("idempotency-key", "k1");
    let other_caller = Answer::of(call.json(&hello())).await;
    let without = world.app.back_end(Method::POST, MESSAGES, &hello()).await;

    assert_eq!(elsewhere.json()["seq"], 1);
    assert_eq!(other_caller.json()["seq"], 2);
    assert_eq!(without.json()["seq"], 3);
}

#[tokio::test]
async fn simultaneous_calls_with_one_key_take_effect_once() {
    let world = World::start().await;
    let body = hello();

    let calls = (0..12).map(|_| post(&world, MESSAGES, "k1", &body));
    let answers = join_all(calls).await;

    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.body);
        assert_eq!(answer.body, answers[0].body);
    }
    assert_eq!(last_seq(&world).await, 1);
}

#[tokio::test]
async fn a_refused_call_leaves_its_key_free() {
    let world = World::start().await;
    let nowhere = "/api/rooms/session:550e8400-e29b-41d4-a716-446655440000/messages";
    let participants = json!([{ "userId": "a", "name": "A" }, { "userId": "b", "name": "B" }]);

    let early = post(&world, nowhere, "k1", &hello()).await;
    let session = json!({ "participants": participants });
    let path = "/api/sessions/550e8400-e29b-41d4-a716-446655440000";
    world.app.back_end(Method::PUT, path, &session).await;
    let other = post(&world, nowhere, "k1", &json!({ "content": "other" })).await;

    early.assert_problem(404, "not_found");
    assert_eq!(other.status, 201);
    assert_eq!(other.json()["content"], "other");
}

/// Posts `times` batches of 25 messages, each batch at once.
async fn post_many(world: &World, name: &str, times: usize) {
    let body = hello();
    for round in 0..times {
        let keys: Vec<_> = (0..25).map(|n| format!("{name}{round}-{n}")).collect();
        let calls = keys.iter().map(|key| post(world, MESSAGES, key, &body));
        for answer in join_all(calls).await {
            assert_eq!(answer.status, 201, "{}", answer.body);
        }
    }
}

/// A world in which one call has been made, and its store's file.
async fn world_with_file() -> (World, Connection) {
    let file = fresh_folder().join("switchboard.db");
    let store = format!("sqlite:{}", file.display());
    let world = World::with(&[("STORE", store.as_str())]).await;
    post(&world, MESSAGES, "first", &hello()).await;
    (world, open(&file))
}

fn open(file: &Path) -> Connection {
    Connection::open(file).unwrap()
}

/// Leaves the record as a handler does that dies between storing the message and saving the answer.
fn erase_the_answer(store: &Connection) {
    let changed = store.execute(
        "UPDATE records SET body = json_set(body, '$.stage', json_object('begun', \
         json_object('until', '2027-01-15T08:00:20Z'))) WHERE key LIKE 'key:%'",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
}

#[tokio::test]
async fn a_retry_completes_an_interrupted_call_without_repeating_its_work() {
    let (world, store) = world_with_file().await;
    erase_the_answer(&store);

    let early = post(&world, MESSAGES, "first", &hello()).await;
    world.app.advance(20);
    let other = post(&world, MESSAGES, "first", &json!({ "content": "other" })).await;
    let resumed = post(&world, MESSAGES, "first", &hello()).await;
    let again = post(&world, MESSAGES, "first", &hello()).await;

    early.assert_problem(409, "key_in_use");
    assert!(early.header("retry-after").is_some());
    other.assert_problem(422, "key_reused");
    assert_eq!(resumed.status, 201);
    assert_eq!(resumed.json()["seq"], 1);
    assert_eq!(again.body, resumed.body);
    assert_eq!(last_seq(&world).await, 1);
}

#[tokio::test]
async fn newer_calls_delete_expired_keys() {
    let (world, store) = world_with_file().await;
    post_many(&world, "old", 4).await;
    world.app.advance(DAY);

    post_many(&world, "new", 12).await;

    let left: i64 = store
        .query_row(
            "SELECT count(*) FROM records WHERE key LIKE 'key:%' AND body LIKE '%2027-01-15T08%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert!(left < 60, "{left} of 101 are left");
}

#[tokio::test]
async fn an_invite_code_is_shown_once() {
    let world = World::start().await;
    let path = "/api/rooms/club";
    let room = json!({ "access": "invite" });
    world.app.back_end(Method::PUT, path, &room).await;
    let invites = "/api/rooms/club/invites";
    let body = json!({ "role": "writer" });

    let first = post(&world, invites, "k1", &body).await;
    let again = post(&world, invites, "k1", &body).await;
    let another = post(&world, invites, "k2", &body).await;

    assert_eq!(first.status, 201);
    let code = first.json()["invite"].as_str().unwrap().to_owned();
    again.assert_problem(409, "already_created");
    assert!(!again.body.contains(&code));
    assert_ne!(another.json()["invite"], code);
}

#[tokio::test]
async fn a_key_has_1_to_200_visible_ascii_characters() {
    let world = World::start().await;

    for key in ["", " ", "a b", "k1, k2", &"k".repeat(201)] {
        let answer = post(&world, MESSAGES, key, &hello()).await;
        answer.assert_problem(400, "invalid_parameter");
    }
    let call = world.app.call(Method::POST, MESSAGES);
    let call = call.bearer_auth("the-api-token-of-the-tests");
    let twice = call
        .header("idempotency-key", "k1")
        .header("idempotency-key", "k1");
    let twice = Answer::of(twice.json(&hello())).await;
    twice.assert_problem(400, "invalid_parameter");
    let longest = post(&world, MESSAGES, &"~".repeat(200), &hello()).await;
    assert_eq!(longest.status, 201);
    assert_eq!(last_seq(&world).await, 1);
}
