//! Forwarding mode: the answers of handlers that no recorded exchange contains.

use serde_json::json;

use crate::raw_handler::RawHandler;
use crate::support::{Answer, Folder};

async fn answer_of(handler: &str) -> Answer {
    let handler = RawHandler::start(handler).await;
    let folder = Folder::with_handler(json!({}));
    folder.http("f", "f");
    let host = folder.run_with(handler.options()).await;
    host.get("/api/f").await
}

#[tokio::test]
async fn cache_control_lines_are_joined_and_vary_lines_are_not() {
    let answer = answer_of(
        "HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nVary: Accept\r\nX-Own: 1\r\n\
         cache-control: no-cache\r\nVary: Origin\r\nContent-Length: 0\r\n\r\n",
    )
    .await;

    let lines = |name: &str| -> Vec<&str> {
        let lines = answer.head.lines();
        lines.filter(|line| line.starts_with(name)).collect()
    };
    assert_eq!(
        lines("Cache-Control"),
        ["Cache-Control: no-store, no-cache"]
    );
    assert_eq!(lines("Vary"), ["Vary: Accept", "Vary: Origin"]);
}

#[tokio::test]
async fn an_answer_head_may_end_its_lines_with_bare_line_feeds() {
    for head in [
        "HTTP/1.1 201 Created\nX-Own: 1\nContent-Length: 2\n\n",
        "HTTP/1.1 201 Created\r\nX-Own: 1\nContent-Length: 2\r\n\n",
        "HTTP/1.1 100 Continue\n\nHTTP/1.1 201 Created\nX-Own: 1\nContent-Length: 2\n\r\n",
    ] {
        let answer = answer_of(&format!("{head}ok")).await;

        assert_eq!(
            (answer.status, answer.body.as_str()),
            (201, "ok"),
            "{head:?}"
        );
        assert!(answer.head.contains("X-Own: 1"), "{head:?}");
    }
}
