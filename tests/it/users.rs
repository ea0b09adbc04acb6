//! `/api/users`

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

async fn put_user(app: &TestApp, token: &str, body: &Value) -> Answer {
    let call = app.call(Method::PUT, "/api/users");
    Answer::of(call.bearer_auth(token).json(body)).await
}

#[tokio::test]
async fn a_publisher_puts_and_gets_users() {
    let app = TestApp::spawn().await;
    let publisher = app.token("back-end", json!({ "roles": ["publisher"] }));
    let alice = json!({ "user_id": "alice smith", "name": " Alice " });

    let first = put_user(&app, &publisher, &alice).await;
    let renamed = json!({ "user_id": "alice%20smith", "name": "Älice 👩" });
    let second = put_user(&app, &publisher, &renamed).await;
    let call = app.call(Method::GET, "/api/users?user_id=alice%2520smith");
    let found = Answer::of(call.bearer_auth(&publisher)).await;

    assert_eq!(first.status, 201);
    assert_eq!(
        first.json(),
        json!({ "user_id": "alice%20smith", "name": "Alice" })
    );
    assert_eq!(second.status, 200);
    let known = json!({ "user_id": "alice%20smith", "name": "Älice 👩" });
    assert_eq!(second.json(), known);
    assert_eq!(found.ok(), known);
}

#[tokio::test]
async fn only_publishers_may_put_or_get_users() {
    let app = TestApp::spawn().await;
    let someone = app.token("alice", json!({}));
    let body = json!({ "user_id": "alice", "name": "Alice" });

    let refused = put_user(&app, &someone, &body).await;
    let anonymous = Answer::of(app.call(Method::PUT, "/api/users").json(&body)).await;
    let anonymous_get = app.get("/api/users?user_id=alice").await;
    let forged = put_user(&app, "no-token", &body).await;

    refused.assert_problem(403, "forbidden");
    anonymous.assert_problem(401, "unauthenticated");
    anonymous_get.assert_problem(401, "unauthenticated");
    forged.assert_problem(401, "token_invalid");
}

#[tokio::test]
async fn an_invalid_user_is_refused() {
    let app = TestApp::spawn().await;
    let publisher = app.token("back-end", json!({ "roles": ["publisher"] }));
    let invalid = [
        json!({}),
        json!([]),
        json!(null),
        json!({ "user_id": "alice" }),
        json!({ "user_id": "", "name": "x" }),
        json!({ "user_id": "50%", "name": "x" }),
        json!({ "user_id": "a\nb", "name": "x" }),
        json!({ "user_id": "x".repeat(257), "name": "x" }),
        json!({ "user_id": 7, "name": "x" }),
        json!({ "user_id": "alice", "name": " \t" }),
        json!({ "user_id": "alice", "name": "x".repeat(129) }),
        json!({ "user_id": "alice", "name": ["x"] }),
    ];

    for body in invalid {
        put_user(&app, &publisher, &body)
            .await
            .assert_problem(400, "invalid_parameter");
    }
    for query in ["", "?user_id=", "?user_id=50%25", "?user=alice"] {
        let call = app.call(Method::GET, &format!("/api/users{query}"));
        Answer::of(call.bearer_auth(&publisher))
            .await
            .assert_problem(400, "invalid_parameter");
    }
    let call = app.call(Method::GET, "/api/Users/?user_id=bob");
    Answer::of(call.bearer_auth(&publisher))
        .await
        .assert_problem(404, "not_found");
    let wrong = Answer::of(app.call(Method::DELETE, "/api/users")).await;
    wrong.assert_problem(405, "method_not_allowed");
    assert!(wrong.header("allow").unwrap().contains("PUT"));
}
