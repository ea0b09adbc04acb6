//! CORS headers under `ALLOWED_ORIGINS`.

use reqwest::Method;

use crate::support::{Answer, TestApp};

const LISTED: &str = "https://app.example.com";

async fn preflight(app: &TestApp, origin: &'static str) -> Answer {
    let call = app
        .call(Method::OPTIONS, "/api/negotiate")
        .header("origin", origin);
    let call = call.header("access-control-request-method", "POST");
    Answer::of(call.header(
        "access-control-request-headers",
        "authorization,content-type",
    ))
    .await
}

#[tokio::test]
async fn a_listed_origin_may_call() {
    let app = TestApp::with(&[("ALLOWED_ORIGINS", LISTED), ("ALLOW_ANONYMOUS", "true")]).await;

    let preflight = preflight(&app, LISTED).await;
    let call = app
        .call(Method::GET, "/api/negotiate?room_id=test")
        .header("origin", LISTED);
    let called = Answer::of(call).await;

    assert_eq!(
        (preflight.status.as_u16(), preflight.body.as_str()),
        (200, "")
    );
    assert_eq!(
        preflight.header("access-control-allow-origin"),
        Some(LISTED)
    );
    assert_eq!(
        preflight.header("access-control-allow-headers"),
        Some("authorization,content-type")
    );
    assert!(
        preflight
            .header("access-control-allow-methods")
            .unwrap()
            .contains("POST")
    );
    assert_eq!(called.header("access-control-allow-origin"), Some(LISTED));
    assert_eq!(called.header("vary"), Some("origin"));
}

#[tokio::test]
async fn an_unlisted_origin_gets_no_headers() {
    let app = TestApp::with(&[("ALLOWED_ORIGINS", LISTED), ("ALLOW_ANONYMOUS", "true")]).await;

    for origin in [
        "https://evil.example.com",
        "null",
        "https://app.example.com.evil.com",
    ] {
        let preflight = preflight(&app, origin).await;

        assert_eq!(preflight.status, 200);
        assert_eq!(
            preflight.header("access-control-allow-origin"),
            None,
            "{origin}"
        );
        assert_eq!(preflight.header("access-control-allow-methods"), None);
    }
}

#[tokio::test]
async fn errors_are_readable_across_origins() {
    let app = TestApp::with(&[("ALLOWED_ORIGINS", LISTED)]).await;
    let call = app
        .call(Method::GET, "/api/nothing")
        .header("origin", LISTED);

    assert_eq!(
        Answer::of(call).await.header("access-control-allow-origin"),
        Some(LISTED)
    );
}

#[tokio::test]
async fn without_the_setting_no_cors_headers_are_sent_and_a_preflight_gets_an_empty_200() {
    let app = TestApp::spawn().await;

    let preflight = preflight(&app, LISTED).await;

    assert_eq!(
        (preflight.status.as_u16(), preflight.body.as_str()),
        (200, "")
    );
    assert!(
        !preflight
            .headers
            .keys()
            .any(|name| name.as_str().starts_with("access-control"))
    );
    assert_eq!(preflight.header("vary"), None);
}
