//! `/api/sessions`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Client, NOW, TestApp, dial};

const ID: &str = "550e8400-e29b-41d4-a716-446655440000";
const SETTINGS: [(&str, &str); 3] = [
    ("ALLOW_ANONYMOUS", "true"),
    ("JWT_SECRET", "a-secret-of-32-bytes-or-rather-more"),
    ("API_TOKEN", "the-api-token-of-the-back-end"),
];

fn pair(one: &str, other: &str) -> Value {
    json!({ "participants": [
        { "userId": one, "name": one.to_uppercase() },
        { "userId": other, "name": other.to_uppercase() },
    ] })
}

async fn put_session(app: &TestApp, id: &str, body: &Value) -> Answer {
    let call = app.call(Method::PUT, &format!("/api/sessions/{id}"));
    let publisher = app.token("back-end", json!({ "roles": ["publisher"] }));
    Answer::of(call.bearer_auth(publisher).json(body)).await
}

async fn get_as(app: &TestApp, user: &str, rest: &str) -> Answer {
    let call = app.call(Method::GET, &format!("/api/sessions{rest}"));
    Answer::of(call.bearer_auth(app.token(user, json!({})))).await
}

async fn post_message(app: &TestApp, user: &str, session: &str, content: &str) {
    let negotiated = app
        .negotiate_as(
            &app.token(user, json!({})),
            &format!("session_id={session}"),
        )
        .await;
    let mut client = Client::connect(app, negotiated).await;
    let sent = client
        .request(json!({ "type": "message", "content": content, "id": content, "requestId": 1 }))
        .await;
    assert_eq!(sent["type"], "message_sent", "{sent}");
}

#[tokio::test]
async fn a_session_is_created_once_and_its_participants_never_change() {
    let app = TestApp::spawn().await;

    let made = put_session(&app, ID, &pair("alice", "bob")).await;
    let again = put_session(&app, ID, &pair("bob", "alice")).await;
    let others = put_session(&app, ID, &pair("alice", "carol")).await;

    assert_eq!(made.status, 201);
    let record = json!({
        "id": ID,
        "participants": [
            { "userId": "alice", "name": "ALICE" },
            { "userId": "bob", "name": "BOB" },
        ],
        "createdAt": "2027-01-15T08:00:00.000000Z",
        "lastMessageAt": null,
        "lastSeq": 0,
    });
    assert_eq!(made.json(), record);
    assert_eq!(again.ok(), record);
    others.assert_problem(409, "already_created");
}

#[tokio::test]
async fn session_ids_are_case_insensitive() {
    let app = TestApp::spawn().await;

    let made = put_session(&app, &ID.to_uppercase(), &pair("alice", "bob")).await;
    let found = get_as(&app, "alice", &format!("/{}/", ID.to_uppercase())).await;

    assert_eq!(made.json()["id"], ID);
    assert_eq!(found.ok()["id"], ID);
    assert_eq!(get_as(&app, "bob", &format!("/{ID}")).await.status, 200);
}

#[tokio::test]
async fn a_participant_sees_the_number_of_unread_messages() {
    let app = TestApp::with_service("http://localhost:9", &SETTINGS).await;
    put_session(&app, ID, &pair("alice", "bob")).await;
    post_message(&app, "alice", ID, "one").await;
    app.advance(5);
    post_message(&app, "alice", ID, "two").await;

    let bobs = get_as(&app, "bob", &format!("/{ID}")).await.ok();
    let alices = get_as(&app, "alice", &format!("/{ID}")).await.ok();
    let publishers = put_session(&app, ID, &pair("alice", "bob")).await.ok();

    assert_eq!(bobs["unread"], 2);
    assert_eq!(bobs["lastSeq"], 2);
    assert_eq!(bobs["lastMessageAt"], "2027-01-15T08:00:05.000000Z");
    assert_eq!(alices["unread"], 0);
    assert_eq!(publishers["lastSeq"], 2);
    assert_eq!(publishers.get("unread"), None);
}

#[tokio::test]
async fn sessions_are_listed_by_most_recent_message() {
    let app = TestApp::with_service("http://localhost:9", &SETTINGS).await;
    let ids: Vec<_> = (0..3)
        .map(|n| format!("550e8400-e29b-41d4-a716-44665544000{n}"))
        .collect();
    for id in &ids {
        put_session(&app, id, &pair("alice", "bob")).await;
        app.advance(10);
    }
    put_session(&app, ID.replace("55", "66").as_str(), &pair("bob", "carol")).await;
    post_message(&app, "bob", &ids[1], "hello").await;

    let listed = |answer: Answer| -> Vec<String> {
        let answer = answer.ok();
        let sessions = answer["sessions"].as_array().unwrap().iter();
        sessions
            .map(|s| s["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let all = listed(get_as(&app, "alice", "").await);
    let two = listed(get_as(&app, "alice", "/?limit=2").await);
    let none = listed(get_as(&app, "dave", "").await);

    assert_eq!(all, [&ids[1][..], &ids[2], &ids[0]]);
    assert_eq!(two, [&ids[1][..], &ids[2]]);
    assert!(none.is_empty());
    for limit in ["x", "-1", "", "1.5", "+5", "99999999999999999999"] {
        get_as(&app, "alice", &format!("?limit={limit}"))
            .await
            .assert_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn an_unknown_session_looks_like_someone_elses() {
    let app = TestApp::spawn().await;
    put_session(&app, ID, &pair("alice", "bob")).await;

    let other = get_as(&app, "carol", &format!("/{ID}")).await;
    let none = get_as(&app, "carol", "/00000000-0000-4000-8000-000000000000").await;

    other
        .assert_problem(403, "not_a_participant")
        .assert_closes_with(4004);
    assert_eq!(other.body, none.body);
}

#[tokio::test]
async fn sessions_require_an_identity() {
    let app = TestApp::with(&SETTINGS).await;
    put_session(&app, ID, &pair("alice", "bob")).await;
    let with_api_token = |query: &str| {
        let call = app.call(Method::GET, &format!("/api/sessions{query}"));
        Answer::of(call.bearer_auth("the-api-token-of-the-back-end"))
    };

    let anonymous = app.get("/api/sessions?username=alice").await;
    let expired = app.token("alice", json!({ "exp": NOW - 60 }));
    let expired = app
        .get(&format!("/api/sessions/{ID}?token={expired}"))
        .await;
    let by_query = app.token("alice", json!({}));
    let by_query = app
        .get(&format!("/api/sessions/{ID}?token={by_query}"))
        .await;
    let vouched = with_api_token(&format!("/{ID}?username=bob")).await;
    let unnamed = with_api_token("").await;

    anonymous
        .assert_problem(401, "unauthenticated")
        .assert_closes_with(4001);
    expired
        .assert_problem(401, "token_expired")
        .assert_closes_with(4003);
    assert_eq!(by_query.status, 200);
    assert_eq!(vouched.status, 200);
    unnamed.assert_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn only_publishers_create_sessions() {
    let app = TestApp::spawn().await;
    let put = |token: Option<String>| {
        let call = app.call(Method::PUT, &format!("/api/sessions/{ID}"));
        let call = match token {
            Some(token) => call.bearer_auth(token),
            None => call,
        };
        Answer::of(call.json(&pair("alice", "bob")))
    };

    let participant = put(Some(app.token("alice", json!({ "roles": ["viewer"] })))).await;
    let anonymous = put(None).await;

    participant.assert_problem(403, "forbidden");
    anonymous.assert_problem(401, "unauthenticated");
    get_as(&app, "alice", &format!("/{ID}"))
        .await
        .assert_problem(403, "not_a_participant");
}

#[tokio::test]
async fn an_invalid_session_is_refused() {
    let app = TestApp::spawn().await;
    let some = |n: usize| {
        let one = |n| json!({ "userId": format!("u{n}"), "name": "x" });
        json!({ "participants": (0..n).map(one).collect::<Vec<_>>() })
    };
    let invalid = [
        json!({}),
        json!("x"),
        json!({ "participants": "alice,bob" }),
        some(0),
        some(1),
        some(3),
        some(5000),
        pair("alice", "alice"),
        pair("alice smith", "alice%20smith"),
        pair("", "bob"),
        pair("100%", "bob"),
        json!({ "participants": [{ "userId": "a", "name": "" }, { "userId": "b", "name": "B" }] }),
        json!({ "participants": [{ "userId": "a" }, { "userId": "b" }] }),
    ];

    for body in invalid {
        put_session(&app, ID, &body)
            .await
            .assert_problem(400, "invalid_parameter");
    }
    let huge = json!({ "participants": "x".repeat(2 << 20) });
    put_session(&app, ID, &huge)
        .await
        .assert_problem(413, "too_large");
    for id in [
        "550e8400e29b41d4a716446655440000",
        "%7B550e8400-e29b-41d4-a716-446655440000%7D",
        "550e8400-e29b-41d4-a716-446655440000%0A",
        "..%2frooms",
        "%ff",
        "me",
    ] {
        put_session(&app, id, &pair("alice", "bob"))
            .await
            .assert_problem(404, "not_found");
        get_as(&app, "alice", &format!("/{id}"))
            .await
            .assert_problem(404, "not_found");
    }
    for path in ["/api/sessions".to_owned(), format!("/api/sessions/{ID}")] {
        let wrong = Answer::of(app.call(Method::POST, &path)).await;
        wrong.assert_problem(405, "method_not_allowed");
        assert!(wrong.header("allow").unwrap().contains("GET"));
    }
    let session = get_as(&app, "alice", &format!("/{ID}")).await;
    session.assert_problem(403, "not_a_participant");
}

#[tokio::test]
async fn unknown_users_are_refused_first_when_users_must_be_known() {
    let settings: Vec<_> = SETTINGS
        .into_iter()
        .chain([("REQUIRE_KNOWN_USERS", "true")])
        .collect();
    let app = TestApp::with(&settings).await;
    put_session(&app, ID, &pair("alice", "bob")).await;
    let query = format!("session_id={ID}");
    let direct_query = |user: &str| {
        let token = app.token(user, json!({}));
        json!({ "token": [token], "session_id": [ID] })
    };

    let negotiated = app
        .negotiate_as(&app.token("carol", json!({})), &query)
        .await;
    let direct_connect = dial(&app, "carols", direct_query("carol")).await;
    let listed = get_as(&app, "carol", "").await;
    let shown = get_as(&app, "carol", &format!("/{ID}")).await;
    for refused in [&negotiated, &direct_connect, &listed, &shown] {
        refused
            .assert_problem(401, "unknown_user")
            .assert_closes_with(4002);
    }
    let call = app.call(Method::PUT, "/api/users");
    let call = call.bearer_auth("the-api-token-of-the-back-end");
    Answer::of(call.json(&json!({ "user_id": "carol", "name": "Carol" }))).await;
    let negotiated = app
        .negotiate_as(&app.token("carol", json!({})), &query)
        .await;
    let direct_connect = dial(&app, "carols", direct_query("carol")).await;

    negotiated.assert_problem(403, "not_a_participant");
    direct_connect.assert_problem(403, "not_a_participant");
    assert!(
        get_as(&app, "carol", "").await.ok()["sessions"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    let alices = app
        .negotiate_as(&app.token("alice", json!({})), &query)
        .await;
    assert_eq!(alices.status, 200);
    assert_eq!(dial(&app, "bobs", direct_query("bob")).await.status, 200);
}
