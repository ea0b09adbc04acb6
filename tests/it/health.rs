//! `GET /api/health`

use std::process::Output;

use reqwest::Method;

use crate::serve::{Process, free_port};
use crate::support::{Answer, TestApp};

#[tokio::test]
async fn an_unreachable_service_degrades_health() {
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
async fn the_liveness_probe_runs_no_checks() {
    let app = TestApp::spawn().await;

    for query in ["live=1", "live=1&live=1", "x=%FF&live=1"] {
        assert_eq!(
            app.get(&format!("/api/health?{query}")).await.ok()["status"],
            "ok"
        );
    }
}

#[tokio::test]
async fn invalid_settings_degrade_health_and_are_named() {
    let app = TestApp::with(&[("LOG_LEVEL", "loud")]).await;

    let answer = app.get("/api/health").await;

    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("LOG_LEVEL"), "{}", answer.body);
    assert_eq!(app.get("/api/health?live=1").await.status, 200);
}

#[tokio::test]
async fn health_also_answers_at_the_short_path() {
    let app = TestApp::spawn().await;

    assert_eq!(app.get("/health?live=1").await.status, 200);
}

#[tokio::test]
async fn health_accepts_head_and_refuses_post() {
    let app = TestApp::spawn().await;

    let head = Answer::of(app.call(Method::HEAD, "/api/health?live=1")).await;
    let post = Answer::of(app.call(Method::POST, "/api/health")).await;

    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    post.assert_problem(405, "method_not_allowed");
}

/// `switchboard health` for the handler on this port.
async fn ask(port: &str, arguments: &[&str]) -> Output {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.arg("health").args(arguments);
    command.env_clear().env("PORT", port);
    command.output().await.unwrap()
}

#[tokio::test]
async fn the_command_ends_with_an_error_unless_the_handler_is_healthy() {
    let port = free_port();
    let _process = Process::start(&[], &[("PORT", &port)]).await;

    let health = ask(&port, &[]).await;
    let alive = ask(&port, &["--live"]).await;

    assert_degraded(&health);
    assert!(alive.status.success(), "{alive:?}");
    let body: serde_json::Value = serde_json::from_slice(&alive.stdout).unwrap();
    assert_eq!(body["status"], "ok");
}

#[tokio::test]
async fn the_command_takes_an_address_and_says_if_nobody_answers() {
    let port = free_port();
    let _process = Process::start(&[], &[("PORT", &port)]).await;
    let nobody = free_port();
    let url = format!("http://localhost:{port}/health");

    let found = ask(&nobody, &["--url", &url, "--live"]).await;
    let gone = ask(&nobody, &[]).await;
    let nonsense = ask(&nobody, &["--url", "somewhere"]).await;

    assert!(found.status.success(), "{found:?}");
    for (output, text) in [(gone, "no answer"), (nonsense, "somewhere is not a URL")] {
        assert_eq!(output.status.code(), Some(1));
        let error = String::from_utf8(output.stderr).unwrap();
        assert!(
            error.contains(text) && error.lines().count() == 1,
            "{error}"
        );
    }
}

/// The command has found a handler whose services do not all work.
pub(crate) fn assert_degraded(output: &Output) {
    assert_eq!(output.status.code(), Some(1));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        error.contains("503") && error.contains("degraded"),
        "{error}"
    );
}
