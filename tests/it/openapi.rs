use std::collections::BTreeSet;
use std::path::Path;

use reqwest::Method;
use serde_json::Value;

use crate::support::{Answer, TestApp};

/// Whether a function's route takes this documented path. A parameter of the route may stand for
/// several paths, and be left out if it ends in `?`.
fn takes(route: &str, path: &str) -> bool {
    let route: Vec<_> = route.split('/').collect();
    let path: Vec<_> = path.split('/').collect();
    let matches = |(position, of_route): (usize, &&str)| match path.get(position) {
        None => of_route.ends_with("?}"),
        Some(of_path) => of_route.starts_with('{') || of_route == of_path,
    };
    path.len() <= route.len() && route.iter().enumerate().all(matches)
}

#[tokio::test]
async fn the_document_covers_every_http_function() {
    let app = TestApp::spawn().await;
    let document = app.get("/api/openapi.json").await.ok();
    let paths = document["paths"].as_object().unwrap().keys();
    let functions = crate::functions::all(Path::new(env!("CARGO_MANIFEST_DIR")));
    let http = functions.iter().filter(|function| function.is_http());

    let taken: BTreeSet<_> = paths
        .map(|path| {
            let path = path.strip_prefix("/api/").unwrap();
            let mut by = http
                .clone()
                .filter(|function| takes(function.route(), path));
            let function = by
                .next()
                .unwrap_or_else(|| panic!("no function takes {path}"));
            assert!(by.next().is_none(), "two functions take {path}");
            function.name.as_str()
        })
        .collect();
    let expected: BTreeSet<_> = http.map(|function| function.name.as_str()).collect();

    assert_eq!(taken, expected);
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

/// Every operation of the document, with its method and path for messages of assertions.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let of_path = |(path, item): (&String, &'_ Value)| -> Vec<String> {
        let methods = item.as_object().unwrap().keys();
        methods.map(|method| format!("{method} {path}")).collect()
    };
    let names = paths.iter().flat_map(of_path);
    let values = paths
        .values()
        .flat_map(|item| item.as_object().unwrap().values());
    names.zip(values).collect()
}

#[tokio::test]
async fn every_operation_has_an_id_of_its_own_and_a_summary() {
    let app = TestApp::spawn().await;
    let document = app.get("/api/openapi.json").await.ok();
    let mut ids = BTreeSet::new();

    for (name, operation) in operations(&document) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        assert!(!id.is_empty(), "{name} has no operationId");
        assert!(ids.insert(id), "{name}: another operation is called {id}");
        let summary = operation["summary"].as_str().unwrap_or_default();
        assert!(!summary.is_empty(), "{name} has no summary");
    }
}

#[tokio::test]
async fn every_operation_names_security_schemes_that_the_document_defines() {
    let app = TestApp::spawn().await;
    let document = app.get("/api/openapi.json").await.ok();
    let schemes = document["components"]["securitySchemes"].as_object();
    let schemes = schemes.expect("the document defines no security schemes");

    for (name, operation) in operations(&document) {
        let alternatives = operation["security"].as_array();
        let alternatives = alternatives.unwrap_or_else(|| panic!("{name} has no security"));
        assert!(!alternatives.is_empty(), "{name} lists no security");
        for scheme in alternatives
            .iter()
            .flat_map(|a| a.as_object().unwrap().keys())
        {
            assert!(schemes.contains_key(scheme), "{name}: {scheme}");
        }
    }
    let bearer = &document["components"]["securitySchemes"]["bearer"];
    assert_eq!(
        (&bearer["type"], &bearer["scheme"]),
        (&"http".into(), &"bearer".into())
    );
}

#[tokio::test]
async fn every_refusal_is_declared_as_a_problem_document() {
    let app = TestApp::spawn().await;
    let document = app.get("/api/openapi.json").await.ok();
    assert!(document["components"]["schemas"]["Problem"].is_object());

    for (name, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            // `health` answers 503 with its ordinary body.
            if status.starts_with('2') || (name == "get /api/health" && status == "503") {
                continue;
            }
            let content = response["content"].as_object();
            let content = content.unwrap_or_else(|| panic!("{name} {status} has no content"));
            let media_types: Vec<_> = content.keys().collect();
            assert_eq!(media_types, ["application/problem+json"], "{name} {status}");
            let schema = &content["application/problem+json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Problem", "{name} {status}");
        }
    }
}
