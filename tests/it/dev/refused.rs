//! Starts that are refused with an explanation.

use std::fs;
use std::net::TcpListener;

use crate::support::dev::{FREE_PORTS, app_folder, command};

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
