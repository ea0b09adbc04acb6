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
