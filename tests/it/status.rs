//! `GET /api/status`, and unknown paths.

use crate::support::TestApp;

#[tokio::test]
async fn status_lists_the_endpoints() {
    let app = TestApp::spawn().await;

    let status = app.get("/api/status").await.ok();

    assert_eq!(status["name"], "switchboard");
    assert!(status["activeConnections"].is_null());
    let endpoints = status["endpoints"].as_array().unwrap();
    let lists = |method: &str, path: &str| {
        endpoints
            .iter()
            .any(|e| e["method"] == method && e["path"] == path && e["description"] != "")
    };
    assert!(lists("GET", "/api/negotiate") && lists("POST", "/api/negotiate"));
    assert!(lists("OPTIONS", "/api/message_event") && lists("GET", "/api/openapi.json"));
}

#[tokio::test]
async fn status_works_with_invalid_settings() {
    let app = TestApp::with(&[("AZURE_WEB_PUBSUB_CONNECTION_STRING", "")]).await;

    app.get("/api/status").await.ok();
}

#[tokio::test]
async fn the_root_answers_and_unknown_paths_are_problem_documents() {
    let app = TestApp::with(&[("AZURE_WEB_PUBSUB_CONNECTION_STRING", "")]).await;

    assert_eq!(app.get("/").await.status, 200);
    for path in [
        "/api",
        "/api/",
        "/api/nothing",
        "/api/negotiate/x",
        "/.env",
        "/api/%2e%2e/admin",
    ] {
        app.get(path).await.assert_problem(404, "not_found");
    }
}
