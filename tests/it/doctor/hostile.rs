//! Addresses that are not ours: nothing there makes `doctor` hang, crash, or print what it should
//! not.

use std::net::Ipv4Addr;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::report;
use crate::support::{Dev, Fault, Proxy};

/// A server that answers with these bytes, and repeats them if `forever`.
async fn writes(bytes: &'static [u8], forever: bool) -> String {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.read(&mut [0; 4096]).await;
                while stream.write_all(bytes).await.is_ok() && forever {}
            });
        }
    });
    format!("http://{address}")
}

#[tokio::test]
async fn a_port_that_speaks_another_protocol() {
    let url = writes(b"SSH-2.0-OpenSSH_9.2\r\n", false).await;

    report(&["--url", &url], &[])
        .await
        .shows("url-unreachable", &url);
}

#[tokio::test]
async fn an_answer_without_end() {
    let url = writes(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>",
        true,
    )
    .await;

    report(&["--url", &url], &[])
        .await
        .shows("not-switchboard", "answers 200");
}

#[tokio::test]
async fn headers_without_end() {
    let url = writes(b"HTTP/1.1 200 OK\r\nX-Header: value\r\n", true).await;

    report(&["--url", &url], &[])
        .await
        .shows("url-unreachable", &url);
}

/// The fix of `took-too-long` is to find out what is in between; here it goes away.
#[tokio::test]
async fn a_server_that_never_answers() {
    let dev = Dev::start(
        "doctor-slow",
        &["--port", "0", "--emulator-port", "0", "--no-web"],
    )
    .await;
    let front = Proxy::to(dev.base.trim_start_matches("http://")).await;
    front.always(Some(Fault::Silence));
    let url = format!("http://{}", front.address);

    let fix = report(&["--url", &url], &[])
        .await
        .shows("took-too-long", "no answer within");

    assert!(fix.contains(&format!("curl -v {url}")), "{fix}");
    front.always(None);
    report(&["--url", &url], &[]).await.is_healthy();
}

#[tokio::test]
async fn a_server_that_repeats_our_token_and_controls_the_terminal() {
    let detail = "Bearer the-token-of-the-operator";
    let body = json!({
        "version": "\u{1b}[31m the-token-of-the-operator",
        "uptimeSeconds": 1,
        "services": { "store": { "status": "degraded", "detail": detail } },
    })
    .to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json";
    let answer = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let front = Proxy::to("127.0.0.1:9").await;
    front.always(Some(Fault::Answer(answer.leak())));
    let url = format!("http://{}", front.address);

    let found = report(
        &["--url", &url, "--token", "the-token-of-the-operator"],
        &[],
    )
    .await;

    found.shows("app-degraded", "store: Bearer [secret]");
    assert!(
        !found.printed.contains("the-token-of-the-operator"),
        "{}",
        found.printed
    );
    assert!(!found.printed.contains("\\u001b"), "{}", found.printed);
}
