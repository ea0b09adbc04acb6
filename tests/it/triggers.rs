//! Trigger paths, which only the Functions host may call.

use std::path::Path;

use reqwest::Method;
use switchboard::config::Listen;

use crate::support::{Answer, TestApp};

/// Calls as the host does: chunked, without a length.
async fn call_as_host(app: &TestApp, path: &str, header: Option<(&str, &str)>) -> Answer {
    let chunks =
        futures_util::stream::iter([Ok::<_, std::io::Error>(r#"{"Data":{},"Metadata":{}}"#)]);
    let mut call = app
        .call(Method::POST, path)
        .body(reqwest::Body::wrap_stream(chunks));
    if let Some((name, value)) = header {
        call = call.header(name, value);
    }
    Answer::of(call).await
}

async fn functions_app() -> TestApp {
    let settings = [("ALLOW_ANONYMOUS", "true")];
    TestApp::listening("http://localhost:9", &settings, Listen::Functions(0)).await
}

#[tokio::test]
async fn a_function_called_in_json_mode_fails_loudly() {
    let app = functions_app().await;

    for function in crate::functions::all(Path::new(env!("CARGO_MANIFEST_DIR"))) {
        let answer = call_as_host(&app, &format!("/{}", function.name), None).await;
        assert_eq!(answer.status, 500, "{}", function.name);
    }
    assert_eq!(call_as_host(&app, "/unknown", None).await.status, 404);
}

#[tokio::test]
async fn requests_not_sent_by_the_host_get_a_404() {
    let app = functions_app().await;
    let forged = [
        ("x-forwarded-for", "1.2.3.4"),
        ("x-forwarded-proto", "https"),
        ("x-ms-invocation-id", "00000000-0000-0000-0000-000000000000"),
        ("host", "app.example.com"),
    ];

    for header in forged {
        call_as_host(&app, "/broadcast", Some(header))
            .await
            .assert_problem(404, "not_found");
    }
    for method in [Method::GET, Method::HEAD, Method::OPTIONS, Method::PUT] {
        let answer = Answer::of(app.call(method.clone(), "/broadcast")).await;
        assert_eq!(answer.status, 404, "{method}");
    }
    let not_text = app.call(Method::POST, "/%FF");
    Answer::of(not_text).await.assert_problem(404, "not_found");
    let with_length = app.call(Method::POST, "/broadcast").body("{}");
    Answer::of(with_length)
        .await
        .assert_problem(404, "not_found");
}

#[tokio::test]
async fn trigger_paths_do_not_exist_in_a_container() {
    let app = TestApp::spawn().await;

    for path in ["/broadcast", "/assistant", "/telemetry", "/negotiate"] {
        call_as_host(&app, path, None)
            .await
            .assert_problem(404, "not_found");
    }
}
