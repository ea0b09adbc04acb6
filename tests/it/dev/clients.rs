//! Clients that meet through `dev`: Microsoft's packages and plain sockets.

use serde_json::{Value, json};

use super::{start_dev, url};
use crate::support::dev::FREE_PORTS;
use crate::support::{Dev, Script, Socket};

#[tokio::test]
async fn microsofts_javascript_clients_meet_in_a_room() {
    // Simulated latency: the client mishandles a refusal that arrives immediately.
    let plain = [&FREE_PORTS[..], &["--latency", "10"]].concat();
    let proxying = [&plain[..], &["--proxy"]].concat();
    for (name, arguments) in [("js", &plain), ("js-proxy", &proxying)] {
        let dev = Dev::start(name, arguments).await;

        assert_clients_meet_in_a_room(&dev.base).await;
    }
}

pub(crate) async fn assert_clients_meet_in_a_room(base: &str) {
    let seen = Script::start("room.mjs", base).await.read().await;

    assert_eq!(
        seen,
        json!({
            "data": { "type": "chat", "message": "Hello!" },
            "fromUserId": "anon:alice",
            "group": "myroom",
            "readerSends": "Forbidden",
            "readerJoinsAnother": "Forbidden",
        })
    );
}

#[tokio::test]
async fn microsofts_python_clients_meet_in_a_room() {
    // Without latency this client misses answers that arrive before it starts waiting.
    let dev = Dev::start("py", &[&FREE_PORTS[..], &["--latency", "10"]].concat()).await;

    let seen = Script::start("room.py", &dev.base).await.read().await;

    assert_eq!(
        seen,
        json!({
            "heard": [{ "data": { "type": "chat", "message": "Hello!" }, "group": "myroom" }],
            "refusal": "Forbidden",
        })
    );
}

#[tokio::test]
async fn microsofts_client_gets_a_reply_to_every_kind_of_frame() {
    let dev = start_dev("frames").await;

    assert_every_kind_of_frame_is_answered(&dev.base).await;
}

pub(crate) async fn assert_every_kind_of_frame_is_answered(base: &str) {
    let replies = Script::start("frames.mjs", base).await.read().await;

    let pong = json!({ "type": "pong", "timestamp": "t" });
    assert_eq!(replies[0], pong);
    assert_eq!(replies[1], pong);
    assert_eq!(replies[2], pong);
    assert_eq!(
        replies[3],
        json!({ "type": "pong", "timestamp": "t", "requestId": "r" })
    );
    assert_eq!(replies[4]["error"], "unknown_type");
}

#[tokio::test]
async fn a_plain_socket_gets_a_greeting_and_a_pong() {
    let dev = start_dev("plain").await;
    let negotiated = dev.negotiate("channel=audio&username=alice").await;

    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    let greeting = socket.receive().await;
    socket.send(json!({ "type": "ping", "timestamp": 1 })).await;

    assert_eq!(greeting["type"], "connection");
    assert!(greeting["connectionId"].is_string() && greeting["message"].is_string());
    assert_eq!(
        socket.receive().await,
        json!({ "type": "pong", "timestamp": 1 })
    );
}

#[tokio::test]
async fn an_organisation_member_is_greeted_and_removed_when_the_membership_ends() {
    let dev = start_dev("org").await;
    let token = token(
        &dev,
        &["--user", "alice", "--org", "acme", "--name", "Alice"],
    )
    .await;
    let negotiated = dev
        .negotiate(&format!("org_id=acme&channel=notifications&token={token}"))
        .await;
    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    let mut greetings = [socket.receive().await, socket.receive().await];
    greetings.sort_by_key(|greeting| greeting["org_id"].is_null());
    publish(&dev, "org:acme", &json!({ "n": 1 })).await;
    let received = socket.receive().await;

    let without_org = self::token(&dev, &["--user", "alice"]).await;
    socket
        .send(json!({ "type": "authenticate", "token": without_org }))
        .await;
    let signed_in = socket.receive().await;
    publish(&dev, "org:acme", &json!({ "n": 2 })).await;
    socket
        .send(json!({ "type": "ping", "timestamp": "after" }))
        .await;

    assert_eq!(greetings[0]["type"], "connection.established");
    assert_eq!(greetings[0]["org_id"], "acme");
    assert_eq!(greetings[1]["user_id"], "alice");
    assert_eq!(received, json!({ "n": 1 }));
    assert_eq!(signed_in["type"], "authenticated");
    assert_eq!(
        socket.receive().await,
        json!({ "type": "pong", "timestamp": "after" })
    );
}

/// Publishes through the service with Microsoft's package, as a back end would.
async fn token(dev: &Dev, arguments: &[&str]) -> String {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_switchboard"));
    let output = command
        .current_dir(&dev.folder)
        .arg("token")
        .args(arguments)
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

async fn publish(dev: &Dev, group: &str, message: &Value) {
    let arguments = [dev.emulator.as_str(), group, &message.to_string()];
    let mut script = Script::start_with("publish.mjs", &arguments).await;
    assert_eq!(script.read().await, json!({ "sent": true }));
}

#[tokio::test]
async fn a_non_ascii_name_survives_the_headers() {
    let dev = start_dev("umlaut").await;
    let negotiated = dev
        .negotiate("room_id=test&username=J%C3%BCrgen%20%F0%9F%A6%80")
        .await;
    assert_eq!(negotiated["userId"], "anon:J%C3%BCrgen%20%F0%9F%A6%80");

    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    socket.send(json!({ "type": "ping", "timestamp": 1 })).await;

    assert_eq!(socket.receive().await["type"], "pong");
}

#[tokio::test]
async fn a_large_frame_makes_the_round_trip() {
    let dev = start_dev("large").await;
    let negotiated = dev.negotiate("room_id=test").await;
    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    let message = "ü".repeat(500_000);

    socket
        .send(json!({ "type": "test", "message": message }))
        .await;

    assert_eq!(socket.receive().await["originalMessage"], message);
}

#[tokio::test]
async fn hundreds_of_sockets_connect_at_once() {
    let dev = start_dev("crowd").await;
    let negotiated = dev.negotiate("room_id=test").await;
    let url = url(&negotiated);

    let connecting = (0..300).map(|n| async move {
        let mut socket = Socket::dial(url).await.unwrap();
        socket.send(json!({ "type": "ping", "timestamp": n })).await;
        socket.receive().await
    });
    let pongs = futures_util::future::join_all(connecting).await;

    for (n, pong) in pongs.iter().enumerate() {
        assert_eq!(pong, &json!({ "type": "pong", "timestamp": n }));
    }
}
