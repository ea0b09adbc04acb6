//! Compares our request with that of Microsoft's packages, for every operation.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::operations::{OPERATIONS, awkward, call, client_for, plain};
use crate::sdk::Sdk;
use crate::server::{HUB, KEY, Recorded, Reply, Server};

/// Operations without a method in Microsoft's Python package.
const NOT_IN_PYTHON: [&str; 3] = [
    "add_connections_to_groups",
    "remove_connections_from_groups",
    "health",
];

/// Microsoft's Python package has no time to live in its public send methods, only in generated ones.
fn without_ttl(mut inputs: Value) -> Value {
    inputs["ttl"] = Value::Null;
    inputs
}

async fn recorder() -> Server {
    Server::spawn(|request| {
        let path = request.target.split('?').next().unwrap();
        match request.method.as_str() {
            "POST" if path.ends_with("/:send") => Reply::status(202),
            "POST" if path.ends_with("/:closeConnections") => Reply::status(204),
            "POST" if path.ends_with("/:generateToken") => Reply::json(200, r#"{"token":"t"}"#),
            "DELETE" => Reply::status(204),
            "GET" if path.ends_with("/connections") => page(request),
            _ => Reply::status(200),
        }
    })
    .await
}

fn page(request: &Recorded) -> Reply {
    let mut page = json!({"value": [{"connectionId": "c", "userId": null}]});
    if request.target.contains("continuationToken=first") {
        let (path, host) = (
            request.target.split('?').next().unwrap(),
            &request.headers["host"],
        );
        page["nextLink"] = json!(format!(
            "http://{host}{path}?top=1&maxpagesize=1&continuationToken=second&api-version=2024-12-01"
        ));
    }
    Reply::json(200, page.to_string())
}

async fn assert_same_requests(sdk: Sdk, inputs: Value) {
    let server = recorder().await;
    let mut argument = inputs.clone();
    argument["endpoint"] = json!(server.url);
    argument["key"] = json!(KEY);
    argument["hub"] = json!(HUB);

    let script = move || sdk.run("calls", &argument.to_string(), "");
    tokio::task::spawn_blocking(script).await.unwrap();

    let theirs = by_operation(server.take());
    let expected = OPERATIONS.iter().filter(|name| match sdk {
        Sdk::Node => true,
        Sdk::Python => !NOT_IN_PYTHON.contains(name),
    });
    let names: Vec<&str> = theirs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, expected.copied().collect::<Vec<_>>());
    for (name, theirs) in theirs {
        let client = client_for(&name, &server);
        call(&client, &name, &inputs)
            .await
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let ours = server.take();
        assert_eq!(shapes(&ours), shapes(&theirs), "{name}");
        if name != "generate_token" {
            assert_tokens_match_urls(&server, &ours, &theirs);
        }
    }
}

#[tokio::test]
async fn node_makes_the_same_requests() {
    assert_same_requests(Sdk::Node, plain()).await;
}

#[tokio::test]
async fn node_makes_the_same_requests_for_awkward_names() {
    assert_same_requests(Sdk::Node, awkward()).await;
}

#[tokio::test]
async fn python_makes_the_same_requests() {
    assert_same_requests(Sdk::Python, without_ttl(plain())).await;
}

#[tokio::test]
async fn python_makes_the_same_requests_for_awkward_names() {
    assert_same_requests(Sdk::Python, without_ttl(awkward())).await;
}

/// Splits a recording at the `/mark/` requests that the scripts send before each operation.
fn by_operation(requests: Vec<Recorded>) -> Vec<(String, Vec<Recorded>)> {
    let mut operations: Vec<(String, Vec<Recorded>)> = Vec::new();
    for request in requests {
        match request.target.strip_prefix("/mark/") {
            Some(name) => operations.push((name.to_owned(), Vec::new())),
            None => operations.last_mut().unwrap().1.push(request),
        }
    }
    operations
}

/// The parts of a request that must be equal. Percent-encoding (`:` or `%3A`) and the order of
/// the query may differ.
#[derive(Debug, PartialEq)]
struct Shape {
    method: String,
    path: Vec<String>,
    query: BTreeSet<(String, String)>,
    /// Ignored for `HEAD`, because the response has no body.
    accepts_json: bool,
    content_type: Option<String>,
    is_bearer: bool,
    body: Body,
}

#[derive(Debug, PartialEq)]
enum Body {
    Json(Value),
    Bytes(Vec<u8>),
}

fn shapes(requests: &[Recorded]) -> Vec<Shape> {
    requests.iter().map(shape).collect()
}

fn shape(request: &Recorded) -> Shape {
    let (path, query) = request.target.split_once('?').unwrap();
    let decode = |text: &str| percent_decode_str(text).decode_utf8().unwrap().into_owned();
    let pair = |pair: &str| {
        let (name, value) = pair.split_once('=').unwrap();
        let (name, value) = (decode(name), decode(&value.replace('+', "%20")));
        // An enumeration, for which the packages use different cases.
        match name.as_str() {
            "clientType" => (name, value.to_uppercase()),
            _ => (name, value),
        }
    };
    let content_type = request
        .header("content-type")
        .filter(|_| !request.body.is_empty());
    let is_json = content_type.is_some_and(|kind| kind.starts_with("application/json"));
    Shape {
        method: request.method.clone(),
        path: path.split('/').map(decode).collect(),
        query: query.split('&').map(pair).collect(),
        accepts_json: request.method == "HEAD"
            || request
                .header("accept")
                .is_some_and(|accept| accept.starts_with("application/json") || accept == "*/*"),
        content_type: content_type.map(str::to_owned),
        is_bearer: request
            .header("authorization")
            .is_some_and(|value| value.starts_with("Bearer ")),
        body: if is_json {
            Body::Json(serde_json::from_slice(&request.body).unwrap())
        } else {
            Body::Bytes(request.body.clone())
        },
    }
}

/// Asserts that the audience of every token is the URL of its request.
fn assert_tokens_match_urls(server: &Server, ours: &[Recorded], theirs: &[Recorded]) {
    for request in ours.iter().chain(theirs) {
        let url = format!("{}{}", server.url, request.target);
        assert_eq!(request.signed_claims()["aud"], url);
    }
}
