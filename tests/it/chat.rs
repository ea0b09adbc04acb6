//! `POST /api/chat`

use reqwest::Method;
use serde_json::json;

use crate::support::{Answer, TestApp};

async fn post_chat(app: &TestApp, body: impl Into<String>) -> Answer {
    Answer::of(app.call(Method::POST, "/api/chat").body(body.into())).await
}

#[tokio::test]
async fn a_question_is_echoed_with_its_context() {
    let app = TestApp::spawn().await;

    let answer = post_chat(&app, r#"{"message":"Hello!","context":{"test":true}}"#)
        .await
        .ok();

    assert_eq!(answer["message"], "Hello!");
    assert!(answer["response"].as_str().unwrap().contains("Hello!"));
    assert_eq!(answer["context"], json!({ "test": true }));
    assert_eq!(answer["source"], "echo");
    assert!(answer["timestamp"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn a_message_has_1_to_2000_characters() {
    let app = TestApp::spawn().await;
    let with = |message: String| json!({ "message": message }).to_string();

    post_chat(&app, with("🦀".repeat(2000))).await.ok();
    for message in [String::new(), " \n".to_owned(), "x".repeat(2001)] {
        post_chat(&app, with(message))
            .await
            .assert_problem(400, "invalid_parameter");
    }
}

#[tokio::test]
async fn an_invalid_body_is_a_problem() {
    let app = TestApp::spawn().await;

    for body in ["", "{}", "[]", r#"{"message":1}"#, "{"] {
        post_chat(&app, body)
            .await
            .assert_problem(400, "invalid_parameter");
    }
    post_chat(&app, "x".repeat(300_000))
        .await
        .assert_problem(413, "too_large");
}

#[tokio::test]
async fn an_unauthenticated_caller_cannot_ask() {
    let app = TestApp::with(&[]).await;

    post_chat(&app, r#"{"message":"Hello!"}"#)
        .await
        .assert_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_bad_token_is_refused_before_the_body_is_read() {
    let app = TestApp::spawn().await;
    let in_query = app.call(Method::POST, "/api/chat?token=x.y.z").body("{");
    let in_header = app
        .call(Method::POST, "/api/chat")
        .bearer_auth("x.y.z")
        .body("{");

    for call in [in_query, in_header] {
        Answer::of(call).await.assert_problem(401, "token_invalid");
    }
}
