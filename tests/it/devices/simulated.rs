//! `switchboard dev --devices N`: telemetry through the stand-in host's event feed, commands behind
//! the simulated hub's own check of our signature.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;

use crate::support::{Dev, Socket};

async fn start(name: &str, devices: &str) -> Dev {
    let arguments = ["--port", "0", "--emulator-port", "0", "--devices", devices];
    Dev::start(name, &arguments).await
}

async fn call(dev: &Dev, method: Method, path: &str, body: Value) -> (u16, Value) {
    let http = SharedHttpClient::new().client().unwrap();
    let call = http.request(method, format!("{}{path}", dev.base));
    let answer = call.bearer_auth(&dev.api_token).body(body.to_string());
    let answer = answer.send().await.unwrap();
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap())
}

async fn command(dev: &Dev, body: Value) -> (u16, Value) {
    call(dev, Method::POST, "/api/devices/commands", body).await
}

#[tokio::test]
async fn simulated_devices_report_and_take_commands() {
    let mut dev = start("devices", "2").await;
    let path = "/api/negotiate?device_id=sim-2&username=alice";
    let (status, negotiated) = call(&dev, Method::GET, path, Value::Null).await;
    assert_eq!(status, 200, "{negotiated}");
    let mut alice = Socket::dial(negotiated["url"].as_str().unwrap())
        .await
        .unwrap();

    let first = alice.receive_type("telemetry").await;
    let second = alice.receive_type("telemetry").await;
    assert_eq!(first["deviceId"], "sim-2");
    assert!(first["body"]["temperature"].is_f64(), "{first}");
    assert!(first["sequence"].as_i64() < second["sequence"].as_i64());

    let method = |device: &str, method: &str, payload: Value| json!({ "device_id": device, "method": method, "payload": payload, "timeoutSeconds": 5 });
    let echo = command(&dev, method("sim-1", "echo", json!({ "a": [1] }))).await;
    assert_eq!(
        echo,
        (
            200,
            json!({ "deviceId": "sim-1", "method": "echo", "status": 200, "payload": { "a": [1] } })
        )
    );
    let (status, unknown_method) = command(&dev, method("sim-1", "explode", json!(null))).await;
    assert_eq!((status, &unknown_method["status"]), (200, &json!(501)));
    let code = async |body| {
        let (status, problem) = command(&dev, body).await;
        (
            status,
            problem["code"].as_str().unwrap_or_default().to_owned(),
        )
    };
    let offline = code(method("sim-offline", "echo", json!(1))).await;
    assert_eq!(offline, (404, "device_offline".to_owned()));
    let unknown = code(method("sim-3", "echo", json!(1))).await;
    assert_eq!(unknown, (404, "not_found".to_owned()));
    let slow = code(method("sim-1", "slow", json!({ "seconds": 60 }))).await;
    assert_eq!(slow, (504, "device_timeout".to_owned()));

    let one = "/api/devices?device_id=sim-1";
    let (_, device) = call(&dev, Method::GET, one, Value::Null).await;
    assert_eq!(device["connectionState"], "Connected");
    assert!(device["last"]["body"]["uptimeSeconds"].is_u64());
    let (_, list) = call(&dev, Method::GET, "/api/devices", Value::Null).await;
    let ids: Vec<_> = list["devices"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| &d["deviceId"])
        .collect();
    assert_eq!(ids, ["sim-1", "sim-2"]);
    let (_, health) = call(&dev, Method::GET, "/api/health", Value::Null).await;
    assert_eq!(health["services"]["iotHub"]["status"], "ok");
    assert!(
        dev.printed
            .iter()
            .any(|line| line.contains("sim-offline is not connected"))
    );
    assert!(dev.interrupt().await.success());
}

#[tokio::test]
async fn telemetry_goes_on_after_a_crash_of_the_handler() {
    let mut dev = start("devices-crash", "1").await;
    let path = "/api/negotiate?device_id=sim-1&username=alice";
    let (_, negotiated) = call(&dev, Method::GET, path, Value::Null).await;
    let mut alice = Socket::dial(negotiated["url"].as_str().unwrap())
        .await
        .unwrap();
    alice.receive_type("telemetry").await;

    dev.kill_handler();
    dev.wait_for_line("ready again").await;
    let mut after = alice.receive_type("telemetry").await;
    for _ in 0..3 {
        after = alice.receive_type("telemetry").await;
    }

    let path = "/api/devices/telemetry?device_id=sim-1&limit=200";
    let (_, page) = call(&dev, Method::GET, path, Value::Null).await;
    let shown = page["telemetry"].as_array().unwrap();
    let numbers: Vec<_> = shown
        .iter()
        .map(|m| m["sequence"].as_i64().unwrap())
        .collect();
    // Each number once and none missing, newest first.
    assert!(
        numbers.windows(2).all(|pair| pair[0] == pair[1] + 1),
        "{numbers:?}"
    );
    assert!(numbers.contains(&after["sequence"].as_i64().unwrap()));
}

#[tokio::test]
async fn without_devices_there_is_no_hub() {
    let dev = Dev::start("no-devices", &["--port", "0", "--emulator-port", "0"]).await;

    let (_, health) = call(&dev, Method::GET, "/api/health", Value::Null).await;
    let (_, list) = call(&dev, Method::GET, "/api/devices", Value::Null).await;
    let echo = json!({ "device_id": "sim-1", "method": "echo" });
    let (status, problem) = command(&dev, echo).await;

    assert_eq!(health["services"]["iotHub"]["status"], "disabled");
    assert_eq!(list, json!({ "devices": [] }));
    assert_eq!((status, &problem["code"]), (503, &json!("unavailable")));
}
