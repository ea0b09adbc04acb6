//! `switchboard dev`, as a newcomer gets it from `cargo run`, with third-party clients.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::dev::{app_folder, children_of, command};
use crate::support::{Dev, Script, Socket};

const FREE_PORTS: [&str; 4] = ["--port", "0", "--emulator-port", "0"];

async fn start_dev(name: &str) -> Dev {
    Dev::start(name, &FREE_PORTS).await
}

fn url(negotiated: &Value) -> &str {
    negotiated["url"].as_str().unwrap()
}

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
async fn publish(dev: &Dev, group: &str, message: &Value) {
    let arguments = [dev.emulator.as_str(), group, &message.to_string()];
    let mut script = Script::start_with("publish.mjs", &arguments).await;
    assert_eq!(script.read().await, json!({ "sent": true }));
}

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
async fn a_killed_handler_restarts_and_the_next_frame_works() {
    let mut dev = start_dev("kill").await;
    let negotiated = dev.negotiate("room_id=test&username=alice").await;
    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    socket.send(json!({ "type": "ping", "timestamp": 1 })).await;
    socket.receive().await;
    let first = dev.handler();

    dev.kill_handler();
    dev.wait_for_line("ready again").await;
    socket.send(json!({ "type": "ping", "timestamp": 2 })).await;

    assert_eq!(
        socket.receive().await,
        json!({ "type": "pong", "timestamp": 2 })
    );
    assert_ne!(dev.handler(), first);
}

#[tokio::test]
async fn the_third_crash_ends_dev_with_an_error() {
    let mut dev = start_dev("crash").await;

    for _ in 0..2 {
        dev.kill_handler();
        dev.wait_for_line("ready again").await;
    }
    dev.kill_handler();

    assert!(!dev.wait().await.success());
}

#[tokio::test]
async fn an_interrupt_stops_everything() {
    let mut dev = start_dev("stop").await;
    let handler = dev.handler();

    let status = dev.interrupt().await;

    assert!(status.success());
    let is_left = children_of(1).contains(&handler)
        && fs::read_to_string(format!("/proc/{handler}/comm"))
            .is_ok_and(|name| name.starts_with("switchboard"));
    assert!(!is_left);
}

#[tokio::test]
async fn the_handler_does_not_outlive_a_killed_dev() {
    let mut dev = start_dev("orphan").await;
    let handler = dev.handler();

    dev.kill().await;

    while fs::read_to_string(format!("/proc/{handler}/stat"))
        .is_ok_and(|stat| !stat.contains(") Z "))
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn secrets_are_readable_only_by_the_owner_and_reused() {
    let folder = app_folder("secrets");
    let mut first = Dev::start_in(folder.clone(), &FREE_PORTS).await;
    let token = first.api_token.clone();
    first.interrupt().await;

    let second = Dev::start_in(folder.clone(), &FREE_PORTS).await;

    assert_eq!(second.api_token, token);
    let mode = fs::metadata(folder.join("data/dev-secrets.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn settings_are_also_read_from_the_local_file() {
    let folder = app_folder("local");
    let local = json!({ "IsEncrypted": false, "Values": { "ALLOW_ANONYMOUS": "false", "API_TOKEN": "mine-of-16-bytes-or-more", "WEB_PUBSUB_HUB_NAME": "Other" } });
    fs::write(folder.join("local.settings.json"), local.to_string()).unwrap();

    let dev = Dev::start_in(folder, &FREE_PORTS).await;

    assert_eq!(dev.api_token, "mine-of-16-bytes-or-more");
    assert_eq!(dev.get("/api/negotiate?room_id=test").await.0, 401);
}

async fn error_output(folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = command(folder, arguments).output().await.unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_port_in_use_is_reported_with_the_option_to_change_it() {
    let folder = app_folder("taken");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    let host = error_output(&folder, &["--port", &port, "--emulator-port", "0"]).await;
    let emulator = error_output(&folder, &["--port", "0", "--emulator-port", &port]).await;

    assert_eq!(
        host,
        format!("switchboard: port {port} is in use; choose another with --port\n")
    );
    assert!(emulator.contains("--emulator-port"), "{emulator}");
}

#[tokio::test]
async fn a_folder_without_an_app_is_reported() {
    let elsewhere = std::env::temp_dir();

    let error = error_output(&elsewhere, &FREE_PORTS).await;

    assert!(
        error.contains("host.json") && error.lines().count() == 1,
        "{error}"
    );
}

#[tokio::test]
async fn a_broken_function_file_is_reported_by_name() {
    let folder = app_folder("broken");
    fs::write(folder.join("negotiate/function.json"), "{").unwrap();

    let error = error_output(&folder, &FREE_PORTS).await;

    assert!(error.contains("negotiate/function.json"), "{error}");
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

#[tokio::test]
async fn the_token_command_works_in_any_folder_of_the_app_and_uses_its_settings() {
    let folder = app_folder("token");
    let local = json!({ "IsEncrypted": false, "Values": { "JWT_SECRET": "mine-of-thirty-two-bytes-or-rather-more", "JWT_USER_CLAIM": "user_id" } });
    fs::write(folder.join("local.settings.json"), local.to_string()).unwrap();
    let dev = Dev::start_in(folder.clone(), &FREE_PORTS).await;

    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_switchboard"));
    let below = folder.join("negotiate");
    let output = command
        .current_dir(below)
        .args(["token", "--user", "alice"])
        .output()
        .await
        .unwrap();
    let token = String::from_utf8(output.stdout).unwrap();

    let negotiated = dev
        .negotiate(&format!("room_id=test&token={}", token.trim()))
        .await;
    assert_eq!(negotiated["userId"], "alice");
}

#[tokio::test]
async fn a_configured_service_needs_no_emulator_and_no_emulator_port() {
    let folder = app_folder("elsewhere");
    let elsewhere = "Endpoint=https://x.webpubsub.azure.com;AccessKey=secret;Version=1.0;";
    let local = json!({ "IsEncrypted": false, "Values": { "AZURE_WEB_PUBSUB_CONNECTION_STRING": elsewhere } });
    fs::write(folder.join("local.settings.json"), local.to_string()).unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    let dev = Dev::start_in(folder, &["--port", "0", "--emulator-port", &port]).await;

    let negotiated = dev.negotiate("room_id=test").await;
    assert!(url(&negotiated).starts_with("wss://x.webpubsub.azure.com/"));
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
