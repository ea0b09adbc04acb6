//! 2: the payload of a message sent over REST, and its time to live.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Client, RELIABLE, TestEmulator, facts, recover};

/// Checks the type and data that a JSON client receives.
async fn arrives(content_type: &str, body: &[u8], seen: (&str, Value)) {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    let answered = emulator.rest("POST", ":send", content_type, body.to_vec());

    assert_eq!(answered.await.status, 202);
    let frame = ann.next().await;
    assert_eq!(
        (frame["dataType"].as_str().unwrap(), frame["data"].clone()),
        seen
    );
    assert_eq!(
        (&frame["type"], &frame["from"]),
        (&json!("message"), &json!("server"))
    );
}

facts! { arrives;
    plain_text_is_text: "text/plain", b"hi", ("text", json!("hi"));
    text_is_utf_8: "text/plain; charset=utf-8", "é".as_bytes(), ("text", json!("é"));
    another_charset_is_converted: "text/plain; charset=iso-8859-1", &[0xe9], ("text", json!("é"));
    json_is_json: "application/json", br#"{"a":[1,null]}"#, ("json", json!({ "a": [1, null] }));
    a_json_string_is_json: "application/json; charset=utf-8", b"\"x\"", ("json", json!("x"));
    bytes_are_binary: "application/octet-stream", &[0, 255], ("binary", json!("AP8="));
    a_body_without_a_type_is_binary: "", b"untyped", ("binary", json!("dW50eXBlZA=="));
    types_are_case_insensitive: "TEXT/Plain", b"hi", ("text", json!("hi"));
    an_empty_body_is_a_message: "text/plain", b"", ("text", json!(""));
}

async fn refused(content_type: &str, body: &[u8], status: u16) {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    let answered = emulator.rest("POST", ":send", content_type, body.to_vec());

    assert_eq!(answered.await.status, status, "{content_type}");
    assert!(ann.until_pong().await.is_empty());
}

facts! { refused;
    json_must_be_json: "application/json", b"{bad", 400;
    json_is_one_value: "application/json", b"1 2", 400;
    json_is_not_empty: "application/json", b"", 400;
    text_must_be_text: "text/plain", &[0xff], 400;
    html_is_refused: "text/html", b"<p>", 415;
    protobuf_is_refused: "application/x-protobuf", b"x", 415;
    a_body_has_at_most_a_mebibyte: "text/plain", &vec![b'x'; 1024 * 1024 + 1], 400;
}

#[tokio::test]
async fn one_mebibyte_is_accepted() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &[]).await;

    let body = "x".repeat(1024 * 1024);
    let answered = emulator.rest("POST", ":send", "text/plain", body).await;

    assert_eq!(answered.status, 202);
    assert_eq!(
        ann.next().await["data"].as_str().map(str::len),
        Some(1024 * 1024)
    );
}

#[tokio::test]
async fn a_message_needs_a_content_length() {
    let emulator = TestEmulator::start().await;
    let url = emulator.rest_url(":send");
    let token = crate::support::sign(
        &json!({ "aud": url, "exp": 4_000_000_000_i64 }),
        crate::support::KEY,
    );
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\nContent-Type: text/plain\r\n",
        url.strip_prefix(&emulator.endpoint()).unwrap(),
        emulator.addr
    );
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n");
    let measured = format!("{head}Content-Length: 2\r\n\r\nhi");

    assert_eq!(emulator.raw_status(chunked.as_bytes()).await, 400);
    assert_eq!(emulator.raw_status(measured.as_bytes()).await, 202);
}

#[tokio::test]
async fn a_simple_client_sees_a_json_string_with_its_quotes() {
    let emulator = TestEmulator::start().await;
    let path = emulator.client_path("chat", json!({ "webpubsub.group": "g" }));
    let mut simple = Client::connect(emulator.addr, path, None).await;

    emulator
        .rest("POST", ":send", "application/json", "\"x\"")
        .await;

    assert_eq!(simple.next_text().await, "\"x\"");
}

#[tokio::test]
async fn a_group_message_over_rest_has_no_user() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator.member("ann", &["g"]).await;

    emulator.send_text("groups/g/:send", "hi").await;

    assert_eq!(
        ann.next().await,
        json!({ "type": "message", "from": "group", "group": "g", "fromUserId": null, "dataType": "text", "data": "hi" })
    );
}

async fn lives(seconds: &str, status: u16) {
    let emulator = TestEmulator::start().await;
    let path = format!("groups/g/:send?messageTtlSeconds={seconds}");

    let answered = emulator.rest("POST", &path, "text/plain", "x").await;

    assert_eq!(answered.status, status, "{seconds}");
}

facts! { lives;
    a_ttl_of_zero_means_for_ever: "0", 202;
    a_ttl_of_300_seconds_is_accepted: "300", 202;
    a_ttl_of_301_seconds_is_refused: "301", 400;
    a_negative_ttl_is_refused: "-1", 400;
    a_lifetime_is_a_number: "long", 400;
    a_lifetime_is_an_integer: "1.5", 400;
}

#[tokio::test]
async fn an_expired_message_is_dropped() {
    let emulator = TestEmulator::start().await;
    let mut ann = emulator
        .connect(Some(RELIABLE), json!({ "sub": "ann" }))
        .await;
    let connected = ann.next().await;
    ann.drop_socket();
    for (seconds, text) in [(10, "short"), (0, "for ever"), (300, "long")] {
        let path = format!("users/ann/:send?messageTtlSeconds={seconds}");
        emulator.send_text(&path, text).await;
    }

    emulator.clock.advance(Duration::from_secs(11));

    let mut back = recover(&emulator, &connected).await;
    let (first, second) = (back.next().await, back.next().await);
    assert_eq!(
        (&first["data"], &first["sequenceId"]),
        (&json!("for ever"), &json!(2))
    );
    assert_eq!(
        (&second["data"], &second["sequenceId"]),
        (&json!("long"), &json!(3))
    );
    assert!(back.until_pong().await.is_empty());
}
