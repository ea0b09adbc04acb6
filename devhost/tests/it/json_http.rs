//! HTTP functions in the JSON protocol: facts that no recorded exchange contains.

use serde_json::{Value, json};

use crate::raw_handler::RawHandler;
use crate::support::{Folder, Running};

/// A host in JSON mode with an HTTP function at `/api/f/{name?}`.
async fn run(handler: &RawHandler) -> Running {
    let folder =
        Folder::with_handler(json!({ "customHandler": { "enableForwardingHttpRequest": false } }));
    folder.http("f", "f/{name?}");
    folder.run_with(handler.options()).await
}

/// The object that the handler got: one chunk.
fn invocation(handler: &RawHandler) -> Value {
    let requests = handler.requests();
    let (_, body) = requests[0].split_once("\r\n\r\n").unwrap();
    serde_json::from_str(body.split("\r\n").nth(1).unwrap()).unwrap()
}

#[tokio::test]
async fn the_url_keeps_the_encoding_of_the_path() {
    let handler = RawHandler::answering_json(&json!({})).await;

    run(&handler).await.get("/api/f/a%20b%2Fc%25?x=%20").await;

    assert_eq!(
        invocation(&handler)["Data"]["req"]["Url"],
        "http://localhost/api/f/a%20b%2Fc%25?x=%20"
    );
}

#[tokio::test]
async fn metadata_has_the_last_value_of_a_repeated_key_and_data_all_of_them() {
    let handler = RawHandler::answering_json(&json!({})).await;

    run(&handler).await.get("/api/f?role=a&x=1&role=b").await;

    let invocation = invocation(&handler);
    assert_eq!(
        invocation["Data"]["req"]["Query"],
        json!({ "role": "a,b", "x": "1" })
    );
    assert_eq!(
        invocation["Metadata"]["Query"],
        json!({ "role": "b", "x": "1" })
    );
    assert_eq!(invocation["Metadata"]["role"], "\"b\"");
}

#[tokio::test]
async fn an_object_sent_as_json_gets_a_charset() {
    for (body, content_type, expected) in [
        (
            json!({ "a": 1 }),
            "application/json",
            "application/json; charset=utf-8",
        ),
        (json!({ "a": 1 }), "text/html", "text/html"),
        (json!("{}"), "application/json", "application/json"),
    ] {
        let response = json!({ "body": body, "headers": { "Content-Type": content_type } });
        let handler = RawHandler::answering_json(&json!({ "Outputs": { "res": response } })).await;

        let answer = run(&handler).await.get("/api/f").await;

        let line = format!("Content-Type: {expected}");
        assert!(
            answer.head.lines().any(|other| other == line),
            "{}",
            answer.head
        );
    }
}

#[tokio::test]
async fn with_forwarding_enabled_a_redirect_is_not_followed_in_json_mode() {
    let handler = RawHandler::start(
        "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
    )
    .await;
    let folder = Folder::with_handler(json!({}));
    folder.function(
        "f",
        json!([
            { "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous" },
            { "type": "http", "direction": "out", "name": "res" },
            { "type": "queue", "direction": "out", "name": "out", "queueName": "out" },
        ]),
    );

    let answer = folder.run_with(handler.options()).await.get("/api/f").await;

    assert_eq!((answer.status, handler.requests().len()), (500, 1));
}
