use crate::support::TestApp;

#[tokio::test]
async fn status_lists_what_there_is() {
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
async fn status_is_answered_with_wrong_settings_too() {
    let app = TestApp::with(&[("AZURE_WEB_PUBSUB_CONNECTION_STRING", "")]).await;

    app.get("/api/status").await.ok();
}

#[tokio::test]
async fn the_root_answers_at_once_and_anything_else_is_a_problem_document() {
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
