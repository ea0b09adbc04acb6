//! What the emulator and the host let through.

use serde_json::json;

use super::{start_dev, url};
use crate::support::Socket;

#[tokio::test]
async fn direct_connections_to_the_hub_follow_the_same_rules() {
    let dev = start_dev("dial").await;
    let port = dev
        .emulator
        .split(['/', ';'])
        .find_map(|part| part.strip_prefix("localhost:"))
        .unwrap();
    let hub = format!("ws://localhost:{port}/client/hubs/ViewerHub");

    let mut socket = Socket::dial(&format!("{hub}?room_id=test&username=alice"))
        .await
        .unwrap();
    socket.send(json!({ "type": "ping", "timestamp": 1 })).await;

    assert_eq!(socket.receive().await["type"], "pong");
    assert_eq!(
        Socket::dial(&format!("{hub}?org_id=acme")).await.err(),
        Some(401)
    );
    assert_eq!(
        Socket::dial(&format!("{hub}?org_id=acme&token=x.y.z"))
            .await
            .err(),
        Some(401)
    );
    assert_eq!(
        Socket::dial(&format!("{hub}?room_id=a&password=b"))
            .await
            .err(),
        Some(403)
    );
}

#[tokio::test]
async fn an_access_token_without_our_ticket_is_refused() {
    let dev = start_dev("ticket").await;
    let negotiated = dev.negotiate("room_id=test&username=alice").await;
    let (without, _) = url(&negotiated).split_once("&sb=").unwrap();

    assert_eq!(Socket::dial(without).await.err(), Some(401));
}

#[tokio::test]
async fn no_path_trick_bypasses_the_routes() {
    let dev = start_dev("paths").await;
    let paths = [
        "/api/events/..%5C..%5Cbroadcast",
        r"/api/events/..\..\broadcast",
        "/api/events/%252E%252E/%252E%252E/broadcast",
        "/api/rooms/%252E%252E/%252E%252E/broadcast",
        "/api/rooms/..%5C..%5Cbroadcast",
        r"/api/rooms/..\..\broadcast",
        "/api/rooms/x/..%5C..%5C..%5Cbroadcast",
        "/api/rooms/%252E%252E/health",
        "/api/sessions/..%5Chealth",
        "/api/notifications/..%5C..%5Ctelemetry",
        "/api/devices/%252E%252E/health",
        "/broadcast",
        "/api/broadcast",
    ];

    for path in paths {
        let answer = raw_post(&dev.base, path).await;

        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
        // The handler would answer with a problem document, so it was not called.
        assert!(!answer.contains("problem+json"), "{path}: {answer}");
    }
    // A regex alone would accept this path, since `$` also matches before a final line break.
    // It reaches no function but its own.
    let answer = raw_post(&dev.base, "/api/events/acme%0A").await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

/// Sends the path as it is; HTTP clients would normalise it.
async fn raw_post(base: &str, path: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let address = base.strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{{}}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
