use reqwest::Method;

use crate::support::{Answer, TestApp};

#[tokio::test]
async fn a_service_that_does_not_answer_makes_health_degraded() {
    let app = TestApp::spawn().await;

    let answer = app.get("/api/health").await;

    assert_eq!(answer.status, 503);
    let health = answer.json();
    assert_eq!(health["status"], "degraded");
    assert_eq!(health["services"]["webPubSub"]["status"], "degraded");
    assert_eq!(health["services"]["store"]["status"], "ok");
    assert!(health["connections"].is_null());
    assert!(health["uptimeSeconds"].is_u64() && health["version"].is_string());
}

#[tokio::test]
async fn whether_the_process_lives_is_answered_without_any_check() {
    let app = TestApp::spawn().await;

    for query in ["live=1", "live=1&live=1", "x=%FF&live=1"] {
        assert_eq!(
            app.get(&format!("/api/health?{query}")).await.ok()["status"],
            "ok"
        );
    }
}

#[tokio::test]
async fn wrong_settings_make_health_degraded_and_are_named() {
    let app = TestApp::with(&[("LOG_LEVEL", "loud")]).await;

    let answer = app.get("/api/health").await;

    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("LOG_LEVEL"), "{}", answer.body);
    assert_eq!(app.get("/api/health?live=1").await.status, 200);
}

#[tokio::test]
async fn a_container_is_probed_at_the_short_path_too() {
    let app = TestApp::spawn().await;

    assert_eq!(app.get("/health?live=1").await.status, 200);
}

#[tokio::test]
async fn head_is_enough_and_other_methods_are_not() {
    let app = TestApp::spawn().await;

    let head = Answer::of(app.call(Method::HEAD, "/api/health?live=1")).await;
    let post = Answer::of(app.call(Method::POST, "/api/health")).await;

    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    post.assert_problem(405, "method_not_allowed");
}
