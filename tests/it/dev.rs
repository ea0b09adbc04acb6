//! `switchboard dev`: what a newcomer has after `cargo run`, with clients that we did not write.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::support::dev::{app_folder, children_of, command};
use crate::support::{Dev, Script, Socket};

const FREE_PORTS: [&str; 4] = ["--port", "0", "--emulator-port", "0"];

async fn started(name: &str) -> Dev {
    Dev::start(name, &FREE_PORTS).await
}

fn url(negotiated: &Value) -> &str {
    negotiated["url"].as_str().unwrap()
}

#[tokio::test]
async fn microsofts_javascript_clients_meet_in_a_room() {
    // As over a network: the client cannot cope with a refusal that comes at once.
    let plain = [&FREE_PORTS[..], &["--latency", "10"]].concat();
    let proxying = [&plain[..], &["--proxy"]].concat();
    for (name, arguments) in [("js", &plain), ("js-proxy", &proxying)] {
        let dev = Dev::start(name, arguments).await;

        let seen = Script::start("room.mjs", &dev.base).await.says().await;

        assert_eq!(
            seen,
            json!({
                "data": { "type": "chat", "message": "Hello!" },
                "fromUserId": "anon:alice",
                "group": "myroom",
                "readerSends": "Forbidden",
                "readerJoinsAnother": "Forbidden",
            }),
            "{name}"
        );
    }
}

#[tokio::test]
async fn microsofts_python_clients_meet_in_a_room() {
    // Without it this client misses answers: it begins to wait for one only after it has come.
    let dev = Dev::start("py", &[&FREE_PORTS[..], &["--latency", "10"]].concat()).await;

    let seen = Script::start("room.py", &dev.base).await.says().await;

    assert_eq!(
        seen,
        json!({
            "heard": [{ "data": { "type": "chat", "message": "Hello!" }, "group": "myroom" }],
            "refusal": "Forbidden",
        })
    );
}

#[tokio::test]
async fn microsofts_client_gets_replies_by_every_way_of_sending() {
    let dev = started("frames").await;

    let replies = Script::start("frames.mjs", &dev.base).await.says().await;

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
async fn a_plain_socket_gets_its_greeting_and_its_pong() {
    let dev = started("plain").await;
    let negotiated = dev.negotiate("channel=audio&username=alice").await;

    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    let greeting = socket.hears().await;
    socket
        .sends(json!({ "type": "ping", "timestamp": 1 }))
        .await;

    assert_eq!(greeting["type"], "connection");
    assert!(greeting["connectionId"].is_string() && greeting["message"].is_string());
    assert_eq!(
        socket.hears().await,
        json!({ "type": "pong", "timestamp": 1 })
    );
}

#[tokio::test]
async fn an_organisations_member_is_greeted_and_leaves_with_the_membership() {
    let dev = started("org").await;
    let token = token(
        &dev,
        &["--user", "alice", "--org", "acme", "--name", "Alice"],
    )
    .await;
    let negotiated = dev
        .negotiate(&format!("org_id=acme&channel=notifications&token={token}"))
        .await;
    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    let mut greetings = [socket.hears().await, socket.hears().await];
    greetings.sort_by_key(|greeting| greeting["org_id"].is_null());
    publish(&dev, "org:acme", &json!({ "n": 1 })).await;
    let heard = socket.hears().await;

    let without = self::token(&dev, &["--user", "alice"]).await;
    socket
        .sends(json!({ "type": "authenticate", "token": without }))
        .await;
    let signed_in = socket.hears().await;
    publish(&dev, "org:acme", &json!({ "n": 2 })).await;
    socket
        .sends(json!({ "type": "ping", "timestamp": "after" }))
        .await;

    assert_eq!(greetings[0]["type"], "connection.established");
    assert_eq!(greetings[0]["org_id"], "acme");
    assert_eq!(greetings[1]["user_id"], "alice");
    assert_eq!(heard, json!({ "n": 1 }));
    assert_eq!(signed_in["type"], "authenticated");
    assert_eq!(
        socket.hears().await,
        json!({ "type": "pong", "timestamp": "after" })
    );
}

/// As a back end would, through the service itself and with Microsoft's package.
async fn publish(dev: &Dev, group: &str, message: &Value) {
    let arguments = [dev.emulator.as_str(), group, &message.to_string()];
    let mut script = Script::start_with("publish.mjs", &arguments).await;
    assert_eq!(script.says().await, json!({ "sent": true }));
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
async fn the_hub_may_be_dialled_straight_with_the_same_rules() {
    let dev = started("dial").await;
    let port = dev
        .emulator
        .split(['/', ';'])
        .find_map(|part| part.strip_prefix("localhost:"))
        .unwrap();
    let hub = format!("ws://localhost:{port}/client/hubs/ViewerHub");

    let mut socket = Socket::dial(&format!("{hub}?room_id=test&username=alice"))
        .await
        .unwrap();
    socket
        .sends(json!({ "type": "ping", "timestamp": 1 }))
        .await;

    assert_eq!(socket.hears().await["type"], "pong");
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
async fn a_token_without_our_ticket_does_not_get_in() {
    let dev = started("ticket").await;
    let negotiated = dev.negotiate("room_id=test&username=alice").await;
    let (without, _) = url(&negotiated).split_once("&sb=").unwrap();

    assert_eq!(Socket::dial(without).await.err(), Some(401));
}

#[tokio::test]
async fn a_killed_handler_comes_back_and_the_next_frame_works() {
    let mut dev = started("kill").await;
    let negotiated = dev.negotiate("room_id=test&username=alice").await;
    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    socket
        .sends(json!({ "type": "ping", "timestamp": 1 }))
        .await;
    socket.hears().await;
    let first = dev.handler();

    dev.kill_handler();
    dev.prints("ready again").await;
    socket
        .sends(json!({ "type": "ping", "timestamp": 2 }))
        .await;

    assert_eq!(
        socket.hears().await,
        json!({ "type": "pong", "timestamp": 2 })
    );
    assert_ne!(dev.handler(), first);
}

#[tokio::test]
async fn the_third_crash_ends_it_with_an_error() {
    let mut dev = started("crash").await;

    for _ in 0..2 {
        dev.kill_handler();
        dev.prints("ready again").await;
    }
    dev.kill_handler();

    assert!(!dev.ends().await.success());
}

#[tokio::test]
async fn an_interrupt_stops_everything() {
    let mut dev = started("stop").await;
    let handler = dev.handler();

    let status = dev.interrupted().await;

    assert!(status.success());
    let left = children_of(1).contains(&handler)
        && fs::read_to_string(format!("/proc/{handler}/comm"))
            .is_ok_and(|name| name.starts_with("switchboard"));
    assert!(!left);
}

#[tokio::test]
async fn a_handler_does_not_outlive_a_dev_that_was_killed() {
    let mut dev = started("orphan").await;
    let handler = dev.handler();

    dev.killed().await;

    while fs::read_to_string(format!("/proc/{handler}/stat"))
        .is_ok_and(|stat| !stat.contains(") Z "))
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn secrets_are_kept_for_the_owner_alone_and_used_again() {
    let folder = app_folder("secrets");
    let mut first = Dev::start_in(folder.clone(), &FREE_PORTS).await;
    let token = first.api_token.clone();
    first.interrupted().await;

    let second = Dev::start_in(folder.clone(), &FREE_PORTS).await;

    assert_eq!(second.api_token, token);
    let mode = fs::metadata(folder.join("data/dev-secrets.json"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[tokio::test]
async fn settings_come_from_the_local_file_too() {
    let folder = app_folder("local");
    let local = json!({ "IsEncrypted": false, "Values": { "ALLOW_ANONYMOUS": "false", "API_TOKEN": "mine-of-16-bytes-or-more", "WEB_PUBSUB_HUB_NAME": "Other" } });
    fs::write(folder.join("local.settings.json"), local.to_string()).unwrap();

    let dev = Dev::start_in(folder, &FREE_PORTS).await;

    assert_eq!(dev.api_token, "mine");
    assert_eq!(dev.get("/api/negotiate?room_id=test").await.0, 401);
}

async fn complaint(folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = command(folder, arguments).output().await.unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_with_the_way_out() {
    let folder = app_folder("taken");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    let host = complaint(&folder, &["--port", &port, "--emulator-port", "0"]).await;
    let emulator = complaint(&folder, &["--port", "0", "--emulator-port", &port]).await;

    assert_eq!(
        host,
        format!("switchboard: port {port} is in use; choose another with --port\n")
    );
    assert!(emulator.contains("--emulator-port"), "{emulator}");
}

#[tokio::test]
async fn a_folder_that_is_no_app_is_said_so() {
    let elsewhere = std::env::temp_dir();

    let said = complaint(&elsewhere, &FREE_PORTS).await;

    assert!(
        said.contains("host.json") && said.lines().count() == 1,
        "{said}"
    );
}

#[tokio::test]
async fn a_broken_function_is_named_at_home_already() {
    let folder = app_folder("broken");
    fs::write(folder.join("negotiate/function.json"), "{").unwrap();

    let said = complaint(&folder, &FREE_PORTS).await;

    assert!(said.contains("negotiate/function.json"), "{said}");
}

#[tokio::test]
async fn no_careless_path_leads_past_the_routes() {
    let dev = started("paths").await;
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
        // What the handler says of a wrong path is a problem document: it was not even asked.
        assert!(!answer.contains("problem+json"), "{path}: {answer}");
    }
    // The one that a regex lets through, since `$` also stands before a last line break.
    let answer = raw_post(&dev.base, "/api/events/acme%0A").await;
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
}

/// Clients normalise paths; an attacker does not.
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
async fn a_token_can_be_made_in_any_folder_of_the_app_and_with_its_settings() {
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
async fn another_service_needs_no_emulator_and_no_port_for_it() {
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
async fn a_name_outside_ascii_survives_the_way_through_headers() {
    let dev = started("umlaut").await;
    let negotiated = dev
        .negotiate("room_id=test&username=J%C3%BCrgen%20%F0%9F%A6%80")
        .await;
    assert_eq!(negotiated["userId"], "anon:J%C3%BCrgen%20%F0%9F%A6%80");

    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    socket
        .sends(json!({ "type": "ping", "timestamp": 1 }))
        .await;

    assert_eq!(socket.hears().await["type"], "pong");
}

#[tokio::test]
async fn a_large_frame_goes_all_the_way_and_back() {
    let dev = started("large").await;
    let negotiated = dev.negotiate("room_id=test").await;
    let mut socket = Socket::dial(url(&negotiated)).await.unwrap();
    let message = "ü".repeat(500_000);

    socket
        .sends(json!({ "type": "test", "message": message }))
        .await;

    assert_eq!(socket.hears().await["originalMessage"], message);
}

#[tokio::test]
async fn hundreds_of_sockets_connect_at_once() {
    let dev = started("crowd").await;
    let negotiated = dev.negotiate("room_id=test").await;
    let url = url(&negotiated);

    let dialling = (0..300).map(|n| async move {
        let mut socket = Socket::dial(url).await.unwrap();
        socket
            .sends(json!({ "type": "ping", "timestamp": n }))
            .await;
        socket.hears().await
    });
    let pongs = futures_util::future::join_all(dialling).await;

    for (n, pong) in pongs.iter().enumerate() {
        assert_eq!(pong, &json!({ "type": "pong", "timestamp": n }));
    }
}
