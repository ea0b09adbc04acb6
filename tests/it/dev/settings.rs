//! Where the settings and secrets of a folder come from.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use serde_json::json;

use super::url;
use crate::support::Dev;
use crate::support::dev::{FREE_PORTS, app_folder};

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
