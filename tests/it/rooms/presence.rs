//! Who may see who is connected to a conversation.

use reqwest::Method;
use serde_json::{Value, json};

use super::{apply_sanction, member, negotiate, put_room};
use crate::support::{Answer, TestApp, World};

const SESSION: &str = "550e8400-e29b-41d4-a716-446655440000";

async fn get_as(app: &TestApp, user: &str, path: &str) -> Answer {
    let call = app.call(Method::GET, path);
    Answer::of(call.bearer_auth(app.token(user, json!({})))).await
}

async fn get_as_back_end(app: &TestApp, path: &str) -> Answer {
    app.back_end(Method::GET, path, &Value::Null).await
}

#[tokio::test]
async fn presence_lists_each_user_once() {
    let world = World::start().await;
    let app = &world.app;
    let (_one, _) = member(&world, "alice", "room_id=lobby").await;
    let (_two, _) = member(&world, "alice", "room_id=lobby,garden").await;
    let (_bob, _) = member(&world, "bob", "room_id=lobby").await;
    let _eve = world.join("room_id=garden&username=eve").await;

    let lobby = get_as(app, "carol", "/api/rooms/lobby/presence").await.ok();
    let garden = get_as_back_end(app, "/api/rooms/garden/presence")
        .await
        .ok();
    let empty = app.get("/api/rooms/empty/presence?username=x").await.ok();

    let present =
        |user: &str, connections: u64| json!({ "userId": user, "connections": connections });
    assert_eq!(
        lobby,
        json!({ "users": [present("alice", 2), present("bob", 1)] })
    );
    assert_eq!(
        garden,
        json!({ "users": [present("alice", 1), present("anon:eve", 1)] })
    );
    assert_eq!(empty, json!({ "users": [] }));
}

#[tokio::test]
async fn presence_is_hidden_from_users_who_may_not_enter() {
    let world = World::start().await;
    let app = &world.app;
    let cave = json!({ "access": "password", "password": "open-sesame" });
    put_room(app, "cave", cave).await;
    let members = json!([{ "userId": "rita", "role": "reader" }]);
    put_room(
        app,
        "club",
        json!({ "access": "members", "members": members }),
    )
    .await;
    apply_sanction(app, "lobby", "ban", "mallory").await;
    let refusals = [
        ("rita", "/api/rooms/cave/presence", "password_required"),
        (
            "rita",
            "/api/rooms/cave/presence?password=x",
            "wrong_password",
        ),
        ("mallory", "/api/rooms/club/presence", "not_a_member"),
        ("mallory", "/api/rooms/lobby/presence", "banned"),
    ];

    for (user, path, code) in refusals {
        get_as(app, user, path).await.assert_problem(403, code);
    }
    get_as(app, "rita", "/api/rooms/club/presence").await.ok();
    get_as(app, "rita", "/api/rooms/cave/presence?password=open-sesame")
        .await
        .ok();
    let admin = app.token("root", json!({ "roles": ["admin"] }));
    for room in ["cave", "club", "lobby"] {
        let path = format!("/api/rooms/{room}/presence");
        get_as_back_end(app, &path).await.ok();
        Answer::of(app.call(Method::GET, &path).bearer_auth(&admin))
            .await
            .ok();
    }
    // A back end that asks on behalf of a user sees only what that user may see.
    let path = "/api/rooms/club/presence?username=mallory";
    get_as_back_end(app, path)
        .await
        .assert_problem(403, "not_a_member");
}

#[tokio::test]
async fn presence_and_negotiate_share_one_password_limit() {
    let world = World::start().await;
    let app = &world.app;
    let cave = json!({ "access": "password", "password": "open-sesame" });
    put_room(app, "cave", cave).await;

    for _ in 0..5 {
        let path = "/api/rooms/cave/presence?password=x";
        get_as(app, "mallory", path)
            .await
            .assert_problem(403, "wrong_password");
        let answer = negotiate(app, "mallory", "room_id=cave&password=x").await;
        answer.assert_problem(403, "wrong_password");
    }

    let path = "/api/rooms/cave/presence?password=open-sesame";
    let answer = get_as(app, "mallory", path).await;
    answer.assert_problem(429, "rate_limited");
    assert!(answer.header("retry-after").is_some());
}

#[tokio::test]
async fn session_participants_see_each_others_presence() {
    let world = World::start().await;
    let app = &world.app;
    let participants = json!([
        { "userId": "john", "name": "John" },
        { "userId": "jane", "name": "Jane" },
    ]);
    let path = format!("/api/sessions/{SESSION}");
    let made = app
        .back_end(Method::PUT, &path, &json!({ "participants": participants }))
        .await;
    assert_eq!(made.status, 201);
    let (_john, _) = member(&world, "john", &format!("session_id={SESSION}")).await;

    let path = format!("/api/rooms/session:{SESSION}/presence");
    let seen = get_as(app, "jane", &path).await.ok();

    assert_eq!(
        seen,
        json!({ "users": [{ "userId": "john", "connections": 1 }] })
    );
    get_as(app, "eve", &path)
        .await
        .assert_problem(403, "not_a_participant");
    app.get(&path).await.assert_problem(401, "unauthenticated");
    get_as_back_end(app, &path).await.ok();
    get_as_back_end(app, "/api/rooms/session:1/presence")
        .await
        .assert_problem(404, "not_found");
    get_as_back_end(app, "/api/rooms/org:acme/presence")
        .await
        .assert_problem(404, "not_found");
    get_as_back_end(app, "/api/rooms/channel:chats/presence")
        .await
        .assert_problem(404, "not_found");
}

#[tokio::test]
async fn chat_members_see_each_others_presence() {
    let world = World::start().await;
    let app = &world.app;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let created = alice
        .request(json!({ "type": "CREATE_CHAT", "name": "a", "members": ["bob"] }))
        .await;
    let chat = created["chat"]["id"].as_str().unwrap();

    let path = format!("/api/rooms/chat:{chat}/presence");
    let seen = get_as(app, "bob", &path).await.ok();

    assert_eq!(
        seen,
        json!({ "users": [{ "userId": "alice", "connections": 1 }] })
    );
    get_as(app, "eve", &path)
        .await
        .assert_problem(403, "not_a_member");
    app.get(&path).await.assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn presence_is_unavailable_without_the_service() {
    let app = TestApp::spawn().await;

    let answer = app.get("/api/rooms/lobby/presence").await;

    answer.assert_problem(503, "unavailable");
}

#[tokio::test]
async fn a_room_that_another_instance_guards_shows_nobody_to_strangers() {
    let file = crate::support::fresh_folder().join("shared.db");
    let store = format!("sqlite:{}", file.display());
    let settings = [("STORE", store.as_str())];
    let (one, other) = (World::with(&settings).await, World::with(&settings).await);
    // This instance takes the room for open now.
    negotiate(&one.app, "eve", "room_id=cave").await.ok();
    get_as(&one.app, "eve", "/api/rooms/cave/presence")
        .await
        .ok();

    let cave = json!({ "access": "password", "password": "open-sesame" });
    put_room(&other.app, "cave", cave).await;

    get_as(&one.app, "eve", "/api/rooms/cave/presence")
        .await
        .assert_problem(403, "password_required");
}

#[tokio::test]
async fn the_service_is_asked_at_most_every_two_seconds() {
    let world = World::start().await;
    let app = &world.app;
    let path = "/api/rooms/lobby/presence";
    let empty = json!({ "users": [] });

    assert_eq!(get_as(app, "carol", path).await.ok(), empty);
    let (_alice, _) = member(&world, "alice", "room_id=lobby").await;
    let before = world.gate.calls();
    for _ in 0..3 {
        assert_eq!(get_as(app, "carol", path).await.ok(), empty);
    }
    assert_eq!(world.gate.calls(), before);
    app.advance(2);

    let alice = json!({ "userId": "alice", "connections": 1 });
    assert_eq!(
        get_as(app, "carol", path).await.ok(),
        json!({ "users": [alice] })
    );
}
