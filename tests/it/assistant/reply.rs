//! `POST /api/chat`, answered by the assistant.

use reqwest::Method;
use serde_json::{Value, json};

use super::Setting;
use crate::support::{Answer, OpenAi, TestApp};

async fn post(app: &TestApp, user: &str, body: &Value) -> Answer {
    let token = app.token(user, json!({}));
    let call = app.call(Method::POST, "/api/chat").bearer_auth(token);
    Answer::of(call.json(body)).await
}

#[tokio::test]
async fn a_question_is_answered_with_its_context_and_without_history() {
    let setting = Setting::start().await;
    setting
        .openai
        .responds("hello", json!({ "content": "Hello to you." }))
        .await;
    let body = json!({ "message": "hello", "context": { "page": "home" } });

    let answer = post(setting.app(), "alice", &body).await.ok();

    assert_eq!(
        (&answer["response"], &answer["source"]),
        (&json!("Hello to you."), &json!("assistant"))
    );
    assert_eq!(
        (&answer["message"], &answer["context"]),
        (&body["message"], &body["context"])
    );
    let requests = setting.openai.requests().await;
    let turns = requests[0]["messages"].as_array().unwrap();
    assert_eq!(turns.len(), 2);
    let asked: Value = serde_json::from_str(turns[1]["content"].as_str().unwrap()).unwrap();
    assert_eq!(
        asked,
        json!({ "text": "hello", "context": { "page": "home" } })
    );
}

#[tokio::test]
async fn it_needs_no_queue() {
    let openai = OpenAi::start().await;
    openai.responds("hello", json!({ "content": "Hi." })).await;
    let mut settings = openai.settings();
    settings.push(("JWT_SECRET", TestApp::JWT_SECRET));
    let app = TestApp::with(&settings).await;

    let answer = post(&app, "alice", &json!({ "message": "hello" }))
        .await
        .ok();

    assert_eq!(answer["source"], "assistant");
}

#[tokio::test]
async fn questions_have_limits() {
    let setting = Setting::start().await;
    setting
        .openai
        .responds("hello", json!({ "content": "Hi." }))
        .await;
    let app = setting.app();
    let hello = json!({ "message": "hello" });

    for body in [
        json!({ "message": "x".repeat(2001) }),
        json!({ "message": " " }),
        json!({ "message": "hello", "context": "x".repeat(8000) }),
        json!({ "message": 7 }),
        json!({}),
    ] {
        post(app, "alice", &body)
            .await
            .assert_problem(400, "invalid_parameter");
    }
    let anonymous = Answer::of(app.call(Method::POST, "/api/chat").json(&hello)).await;
    anonymous.assert_problem(403, "forbidden");
    for _ in 0..10 {
        assert_eq!(post(app, "alice", &hello).await.status, 200);
    }
    let eleventh = post(app, "alice", &hello).await;
    eleventh.assert_problem(429, "rate_limited");
    assert_eq!(eleventh.header("retry-after"), Some("60"));
    assert_eq!(post(app, "bob", &hello).await.status, 200);
    // Back ends share their token, so they share a limit.
    for n in 0..11 {
        let asked = app.back_end(Method::POST, "/api/chat", &hello).await;
        assert_eq!(asked.status, if n < 10 { 200 } else { 429 });
    }
}

#[tokio::test]
async fn failures_have_a_status_of_their_own() {
    let setting = Setting::start().await;
    let error = |code: &str| json!({ "message": "hush-hush", "code": code });
    let ai = &setting.openai;
    ai.responds(
        "refused",
        json!({ "error": error("content_filter"), "status": 400 }),
    )
    .await;
    let busy = json!({ "error": error("429"), "status": 429, "retryAfter": 30 });
    ai.responds("busy", busy).await;
    let cut = json!({ "chunkSize": 5, "truncateAfterChunks": 3 });
    ai.responds_with("cut", json!({ "content": "One two three four." }), cut)
        .await;

    for (message, status, code) in [
        ("refused", 422, "content_filtered"),
        ("busy", 429, "rate_limited"),
        ("cut", 503, "unavailable"),
        ("nobody knows", 503, "unavailable"),
    ] {
        let answer = post(setting.app(), "alice", &json!({ "message": message })).await;
        answer.assert_problem(status, code);
        assert!(!answer.body.contains("hush"), "{}", answer.body);
    }
}
