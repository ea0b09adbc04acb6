use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;

use crate::support::{Answer, TestApp};

/// HTTP functions whose folders stand for routes that other versions fill.
const WITHOUT_ROUTES: [&str; 6] = [
    "rooms",
    "sessions",
    "notifications",
    "events",
    "users",
    "devices",
];

#[tokio::test]
async fn the_document_covers_every_http_function() {
    let app = TestApp::spawn().await;
    let document = app.get("/api/openapi.json").await.ok();
    let paths: BTreeSet<_> = document["paths"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();

    let expected: BTreeSet<_> = crate::functions::all(Path::new(env!("CARGO_MANIFEST_DIR")))
        .into_iter()
        .filter(|function| function.is_http() && !WITHOUT_ROUTES.contains(&function.name.as_str()))
        .map(|function| format!("/api/{}", function.route()))
        .collect();

    assert_eq!(paths, expected);
}

#[tokio::test]
async fn every_operation_is_answered_and_every_other_method_is_refused() {
    let app = TestApp::spawn().await;
    let document = app.get("/api/openapi.json").await.ok();

    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in ["get", "put", "post", "delete", "options"] {
            let call = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = Answer::of(app.call(call, path)).await;

            let documented = operations.get(method);
            if let Some(operation) = documented {
                let responses = operation["responses"].as_object().unwrap();
                let status = answer.status.as_str().to_owned();
                assert!(
                    responses.contains_key(&status),
                    "{method} {path} answers {status}"
                );
            } else if method != "options" {
                answer.assert_problem(405, "method_not_allowed");
            }
        }
    }
}

#[tokio::test]
async fn the_document_says_what_it_is() {
    let app = TestApp::spawn().await;

    let document = app.get("/api/openapi.json").await.ok();

    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert_eq!(document["info"]["title"], "Switchboard");
    let negotiated = &document["components"]["schemas"]["Negotiated"]["properties"];
    assert!(negotiated["expiresAt"].is_object());
}
