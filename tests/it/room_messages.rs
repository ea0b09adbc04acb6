//! `/api/rooms/{room}/messages`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, World};

const SESSION: &str = "550e8400-e29b-41d4-a716-446655440000";

async fn post(world: &World, conversation: &str, body: &Value) -> Answer {
    let path = format!("/api/rooms/{conversation}/messages");
    world.app.back_end(Method::POST, &path, body).await
}

async fn post_message(world: &World, conversation: &str, content: &str) -> Value {
    let answer = post(world, conversation, &json!({ "content": content })).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()
}

async fn get_messages(world: &World, conversation: &str, query: &str) -> Answer {
    let path = format!("/api/rooms/{conversation}/messages?{query}");
    world.app.get(&path).await
}

async fn get_messages_as(world: &World, user: &str, claims: Value, conversation: &str) -> Answer {
    let path = format!("/api/rooms/{conversation}/messages");
    let call = world.app.call(Method::GET, &path);
    Answer::of(call.bearer_auth(world.app.token(user, claims))).await
}

async fn put_room(world: &World, room: &str, body: Value) {
    let path = format!("/api/rooms/{room}");
    let answer = world.app.back_end(Method::PUT, &path, &body).await;
    assert!(answer.status.is_success(), "{}", answer.body);
}

async fn create_session(world: &World, one: &str, other: &str) {
    let participants = json!([
        { "userId": one, "name": format!("{one} Doe") },
        { "userId": other, "name": format!("{other} Smith") },
    ]);
    let body = json!({ "participants": participants });
    let path = format!("/api/sessions/{SESSION}");
    let made = world.app.back_end(Method::PUT, &path, &body).await;
    assert_eq!(made.status, 201, "{}", made.body);
}

fn seqs(page: &Value) -> Vec<u64> {
    let messages = page["messages"].as_array().unwrap().iter();
    messages.map(|m| m["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_published_message_is_delivered_and_stored() {
    let world = World::start().await;
    let mut bob = world.join("room_id=lobby&username=bob").await;

    let posted = post_message(&world, "lobby", "hello 👩‍👩‍👧").await;
    let received = bob.receive().await;
    let page = get_messages(&world, "lobby", "").await.ok();

    assert_eq!(
        posted,
        json!({
            "id": posted["id"], "seq": 1, "content": "hello 👩‍👩‍👧",
            "senderId": "publisher", "senderName": "publisher",
            "createdAt": "2027-01-15T08:00:00.000000Z",
        })
    );
    assert_eq!(received["type"], "message");
    assert_eq!(received["message_id"], posted["id"]);
    assert_eq!(received["sender_id"], "publisher");
    assert_eq!(
        page,
        json!({ "messages": [posted], "lastSeq": 1, "hasMore": false })
    );
    assert_eq!(world.gate.calls(), 1);
}

#[tokio::test]
async fn a_publisher_can_post_on_behalf_of_a_user() {
    let world = World::start().await;
    let as_alice = json!({
        "content": "hi", "id": "m1", "senderId": "alice smith", "senderName": "Alice",
    });

    let first = post(&world, "lobby", &as_alice).await;
    let again = post(&world, "lobby", &as_alice).await;
    let others = json!({ "content": "hi", "id": "m1", "senderId": "bob" });
    let others = post(&world, "lobby", &others).await;

    assert_eq!(first.status, 201);
    let message = first.json();
    assert_eq!(message["id"], "m1");
    assert_eq!(message["senderId"], "alice%20smith");
    assert_eq!(message["senderName"], "Alice");
    assert_eq!(again.ok(), message);
    assert_eq!(others.status, 201);
    assert_eq!(others.json()["seq"], 2);
    assert_eq!(others.json()["senderName"], "bob");
}

#[tokio::test]
async fn history_is_paged() {
    let world = World::start().await;
    for n in 1..=7 {
        post_message(&world, "lobby", &format!("message {n}")).await;
    }

    let newest = get_messages(&world, "lobby", "limit=3").await.ok();
    let before = get_messages(&world, "lobby", "before=5&limit=3").await.ok();
    let first = get_messages(&world, "lobby", "before=3").await.ok();
    let after = get_messages(&world, "lobby", "after=2&limit=3").await.ok();
    let last = get_messages(&world, "lobby", "after=5").await.ok();
    let none = get_messages(&world, "lobby", "after=7").await.ok();
    let whole = get_messages(&world, "lobby", "limit=0").await.ok();

    assert_eq!(
        (seqs(&newest), &newest["hasMore"]),
        (vec![5, 6, 7], &json!(true))
    );
    assert_eq!(
        (seqs(&before), &before["hasMore"]),
        (vec![2, 3, 4], &json!(true))
    );
    assert_eq!(
        (seqs(&first), &first["hasMore"]),
        (vec![1, 2], &json!(false))
    );
    assert_eq!(
        (seqs(&after), &after["hasMore"]),
        (vec![3, 4, 5], &json!(true))
    );
    assert_eq!((seqs(&last), &last["hasMore"]), (vec![6, 7], &json!(false)));
    assert_eq!((seqs(&none), &none["lastSeq"]), (vec![], &json!(7)));
    assert_eq!(seqs(&whole), [7]);
    for query in [
        "before=1&after=2",
        "before=x",
        "after=-1",
        "limit=1.5",
        "limit=",
        "before=1e3",
    ] {
        let answer = get_messages(&world, "lobby", query).await;
        answer.assert_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn reading_a_guarded_room_follows_the_rules_of_negotiate() {
    let world = World::start().await;
    let members = json!([{ "userId": "mary", "role": "reader" }]);
    put_room(
        &world,
        "secret",
        json!({ "access": "password", "password": "sesame", "members": members }),
    )
    .await;
    post_message(&world, "secret", "psst").await;

    get_messages(&world, "secret", "")
        .await
        .assert_problem(403, "password_required");
    get_messages(&world, "secret", "password=wrong")
        .await
        .assert_problem(403, "wrong_password");
    let shown = get_messages(&world, "secret", "password=sesame").await.ok();
    let member = get_messages_as(&world, "mary", json!({}), "secret")
        .await
        .ok();
    let administrator =
        get_messages_as(&world, "root", json!({ "roles": ["admin"] }), "secret").await;
    let publisher = get_messages_as(&world, "p", json!({ "roles": ["publisher"] }), "secret").await;
    put_room(&world, "secret", json!({ "access": "members" })).await;
    let revoked = get_messages(&world, "secret", "password=sesame").await;
    let ban = json!({ "userId": "mary" });
    let path = "/api/rooms/secret/ban";
    assert_eq!(
        world.app.back_end(Method::POST, path, &ban).await.status,
        200
    );
    let banned = get_messages_as(&world, "mary", json!({}), "secret").await;
    let for_mary = "/api/rooms/secret/messages?username=mary";
    let vouched = world
        .app
        .back_end(Method::GET, for_mary, &json!(null))
        .await;

    assert_eq!(seqs(&shown), [1]);
    assert_eq!(seqs(&member), [1]);
    assert_eq!(administrator.status, 200);
    publisher.assert_problem(403, "password_required");
    revoked.assert_problem(403, "not_a_member");
    banned.assert_problem(403, "banned");
    vouched.assert_problem(403, "banned");
}

#[tokio::test]
async fn closing_an_open_room_hides_its_messages_at_once() {
    let world = World::start().await;
    post_message(&world, "lobby", "hello").await;
    assert_eq!(get_messages(&world, "lobby", "").await.status, 200);

    put_room(&world, "lobby", json!({ "access": "members" })).await;

    let closed = get_messages(&world, "lobby", "").await;
    closed.assert_problem(403, "not_a_member");
}

#[tokio::test]
async fn only_participants_and_administrators_read_a_sessions_messages() {
    let world = World::start().await;
    create_session(&world, "john", "jane").await;
    let group = format!("session:{SESSION}");
    let mut jane = world
        .join_as("jane", &format!("session_id={SESSION}"))
        .await;

    let system = post_message(&world, &group, "welcome").await;
    let received = jane.receive().await;
    let as_john = json!({ "content": "hi", "senderId": "john" });
    let as_john = post(&world, &group, &as_john).await.json();
    let johns = get_messages_as(&world, "john", json!({}), &group)
        .await
        .ok();
    let upper = format!("session:{}", SESSION.to_uppercase());
    let uppers = get_messages_as(&world, "jane", json!({}), &upper)
        .await
        .ok();
    let strangers = get_messages_as(&world, "jack", json!({}), &group).await;
    let admins = get_messages_as(&world, "root", json!({ "roles": ["admin"] }), &group).await;
    let anonymous = get_messages(&world, &group, "").await;

    assert_eq!(received["session_id"], SESSION);
    assert_eq!(received["message_id"], system["id"]);
    assert_eq!(as_john["senderName"], "john Doe");
    assert_eq!(seqs(&johns), [1, 2]);
    assert_eq!(uppers, johns);
    assert_eq!(admins.ok(), johns);
    strangers
        .assert_problem(403, "not_a_participant")
        .assert_closes_with(4004);
    anonymous.assert_problem(401, "unauthenticated");
    let none = "session:00000000-0000-4000-8000-000000000000";
    post(&world, none, &json!({ "content": "x" }))
        .await
        .assert_problem(404, "not_found");
    get_messages_as(&world, "john", json!({}), none)
        .await
        .assert_problem(403, "not_a_participant");
    let admins = get_messages_as(&world, "root", json!({ "roles": ["admin"] }), none).await;
    admins.assert_problem(404, "not_found");
}

#[tokio::test]
async fn only_members_and_administrators_read_a_chats_messages() {
    let world = World::start().await;
    let mut alice = world.join_as("alice", "channel=chats").await;
    let made = json!({ "type": "CREATE_CHAT", "name": "Plans", "members": ["bob"] });
    let made = alice.request(made).await;
    let chat = made["chat"]["id"].as_str().unwrap().to_owned();
    let group = format!("chat:{chat}");

    let posted = post_message(&world, &group, "hello").await;
    let received = alice.receive_type("MESSAGE").await;
    let bobs = get_messages_as(&world, "bob", json!({}), &group).await.ok();
    let strangers = get_messages_as(&world, "eve", json!({}), &group).await;
    let anonymous = get_messages(&world, &group, "username=bob").await;
    let deleted = json!({ "type": "DELETE_CHAT", "chatId": chat });
    assert_eq!(alice.request(deleted).await["type"], "CHAT_DELETED");
    let late = post(&world, &group, &json!({ "content": "x" })).await;

    assert_eq!(received["message"], posted);
    assert_eq!(bobs["messages"][0], posted);
    strangers.assert_problem(403, "not_a_member");
    anonymous.assert_problem(401, "unauthenticated");
    late.assert_problem(404, "not_found");
}

#[tokio::test]
async fn only_publishers_post() {
    let world = World::start().await;
    let body = json!({ "content": "hello" });
    let post = |token: String| {
        let call = world.app.call(Method::POST, "/api/rooms/lobby/messages");
        Answer::of(call.bearer_auth(token).json(&body))
    };

    let call = world.app.call(Method::POST, "/api/rooms/lobby/messages");
    let anonymous = Answer::of(call.json(&body)).await;
    let someone = post(world.app.token("alice", json!({}))).await;
    let publisher = post(world.app.token("p", json!({ "roles": ["publisher"] }))).await;

    anonymous.assert_problem(401, "unauthenticated");
    someone.assert_problem(403, "forbidden");
    assert_eq!(publisher.status, 201);
    assert_eq!(publisher.json()["senderId"], "publisher");
    assert_eq!(get_messages(&world, "lobby", "").await.ok()["lastSeq"], 1);
}

#[tokio::test]
async fn an_invalid_message_is_refused_and_not_stored() {
    let world = World::start().await;
    let invalid = [
        json!(null),
        json!([]),
        json!({}),
        json!({ "content": "" }),
        json!({ "content": " \n\u{2003}" }),
        json!({ "content": "😀".repeat(2001) }),
        json!({ "content": 7 }),
        json!({ "content": "x", "id": "" }),
        json!({ "content": "x", "id": "y".repeat(201) }),
        json!({ "content": "x", "senderId": "" }),
        json!({ "content": "x", "senderId": "a\nb" }),
        json!({ "content": "x", "senderId": "100%" }),
        json!({ "content": "x", "senderId": "y".repeat(257) }),
        json!({ "content": "x", "senderName": "" }),
        json!({ "content": "x", "senderName": "y".repeat(129) }),
        json!({ "content": "x", "file": "f" }),
        json!({ "content": "x", "file": { "fileId": "f" } }),
    ];

    for body in invalid {
        let answer = post(&world, "lobby", &body).await;
        answer.assert_problem(400, "invalid_parameter");
    }
    for raw in [
        "",
        "{",
        "\u{0}",
        r#"{"content":"\ud800"}"#,
        &"[".repeat(5000),
    ] {
        let call = world.app.call(Method::POST, "/api/rooms/lobby/messages");
        let call = call.bearer_auth("the-api-token-of-the-tests");
        let answer = Answer::of(call.body(raw.to_owned())).await;
        answer.assert_problem(400, "invalid_parameter");
    }
    let huge = json!({ "content": "x".repeat(300_000) });
    post(&world, "lobby", &huge)
        .await
        .assert_problem(413, "too_large");
    for id in [
        "..",
        "..%2flobby",
        "%2e%2e",
        "-a",
        "a%00",
        "org:acme",
        "user:x",
        "chat:",
        "session:1",
        "%ff",
    ] {
        let answer = post(&world, id, &json!({ "content": "x" })).await;
        assert_eq!(answer.status, 404, "{id}: {}", answer.body);
    }
    let wrong = Answer::of(world.app.call(Method::DELETE, "/api/rooms/lobby/messages")).await;
    wrong.assert_problem(405, "method_not_allowed");
    assert!(wrong.header("allow").unwrap().contains("POST"));
    let two_thousand = json!({ "content": format!(" {} ", "😀".repeat(2000)) });
    let upper = world
        .app
        .back_end(Method::POST, "/API/Rooms/lobby/Messages/", &two_thousand)
        .await;
    assert_eq!(upper.status, 201);
    assert_eq!(upper.json()["seq"], 1);
    assert_eq!(upper.json()["content"], two_thousand["content"]);
}

#[tokio::test]
async fn a_stored_message_is_acknowledged_even_if_it_cannot_be_broadcast() {
    let world = World::start().await;
    world.gate.shut();

    let posted = post(&world, "lobby", &json!({ "content": "hello" })).await;

    assert_eq!(posted.status, 201);
    assert_eq!(get_messages(&world, "lobby", "").await.ok()["lastSeq"], 1);
}

#[tokio::test]
async fn white_space_counts_in_bytes() {
    let world = World::start().await;
    let post = |bytes: usize| {
        let body = json!({ "content": format!("x{}", " ".repeat(bytes - 1)) });
        let app = &world.app;
        async move {
            app.back_end(Method::POST, "/api/rooms/lobby/messages", &body)
                .await
        }
    };

    assert_eq!(post(16 * 1024).await.status, 201);
    post(16 * 1024 + 1)
        .await
        .assert_problem(400, "invalid_parameter");
    post(500 * 1024).await.assert_problem(413, "too_large");
}
