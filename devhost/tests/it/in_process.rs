//! Callers in the host's process.

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::support::{Folder, Running, TIMEOUT};

async fn started() -> (Running, mpsc::UnboundedSender<DuplexStream>) {
    let folder = Folder::with_handler(json!({}));
    folder.http("echo", "echo");
    let mut app = folder.load().unwrap();
    let connections = app.in_process();
    let mut host = folder.run_app(app).await;
    host.ready().await;
    (host, connections)
}

/// Sends these bytes and reads until the host closes the connection.
async fn raw(connections: &mpsc::UnboundedSender<DuplexStream>, bytes: &[u8]) -> String {
    let (mut ours, theirs) = tokio::io::duplex(1024);
    connections.send(theirs).unwrap();
    let exchange = async {
        let (mut reader, mut writer) = tokio::io::split(&mut ours);
        let mut answer = Vec::new();
        let (_, read) = tokio::join!(writer.write_all(bytes), reader.read_to_end(&mut answer));
        read.unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    };
    timeout(TIMEOUT, exchange).await.unwrap()
}

/// Replaces what differs from call to call: ids and the time.
fn comparable(answer: &str) -> String {
    let id = regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    let date = regex::Regex::new("(?i)date: [^\r]*").unwrap();
    let answer = id.replace_all(answer, "ID");
    date.replace_all(&answer, "Date: now").into_owned()
}

#[tokio::test]
async fn a_caller_in_this_process_gets_the_same_bytes_as_one_with_a_socket() {
    let (host, connections) = started().await;
    let long = "x".repeat(100_000);
    let requests = [
        "GET /api/echo?a=1&A=2 HTTP/1.1\r\nHost: h\r\nx-B: 1\r\nX-b: 2\r\nConnection: close\r\n\r\n",
        "POST /API/echo/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        "POST /api/echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        "HEAD /api/echo HTTP/1.0\r\n\r\n",
        "GET /api/none HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
        "no HTTP\r\n\r\n",
        &format!(
            "POST /api/echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n{long}"
        ),
        // Two on one connection.
        "GET /api/echo HTTP/1.1\r\nHost: h\r\n\r\nGET /api/echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    ];

    for request in requests {
        let without = raw(&connections, request.as_bytes()).await;
        let with = host.raw(request.as_bytes()).await;

        assert!(!with.is_empty(), "{request:.80}");
        assert_eq!(comparable(&without), comparable(&with), "{request:.80}");
    }
}

#[tokio::test]
async fn a_host_ends_the_connections_in_its_process() {
    let (host, connections) = started().await;
    let (mut ours, theirs) = tokio::io::duplex(1024);
    connections.send(theirs).unwrap();
    ours.write_all(b"GET /api/echo HTTP/1.1\r\n").await.unwrap();

    host.stop().await.unwrap();

    let mut rest = Vec::new();
    let read = timeout(TIMEOUT, ours.read_to_end(&mut rest)).await;
    assert_eq!(read.unwrap().unwrap(), 0);
    let (_, theirs) = tokio::io::duplex(1024);
    assert!(connections.send(theirs).is_err());
}
