//! Replays 24 scenarios and compares them with `record/microsofts-emulator.jsonl`, a recording of
//! Microsoft's emulator. Error codes must match. The wording of errors, the close code after a bad
//! frame, and the order among different receivers may differ.

use std::collections::BTreeMap;

use emulator::{Config, EventHandler, HubConfig, Timing};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::compare::Difference;
use crate::program::Program;

const RECORDING: &str = include_str!("record/microsofts-emulator.jsonl");

#[derive(Deserialize)]
struct Handlers {
    handlers: BTreeMap<String, u16>,
}

#[derive(Deserialize)]
struct Played {
    scenario: String,
    steps: Vec<Value>,
}

/// The intended differences, described in the README.
fn on_purpose(scenario: &str) -> Difference {
    match scenario {
        // Microsoft's emulator refuses a token for a URL with unescaped quotes. Here a token is for
        // the URL as it was sent, so the message arrives.
        "rest: sending" => {
            let sent = |status: u16| {
                json!({
                    "rest": "POST /api/hubs/bare/:send?filter=userId%20eq%20'sue'",
                    "sent": "sue", "type": "text/plain", "got": { "status": status },
                })
            };
            Difference::of(vec![sent(401)], vec![sent(202), json!({ "s <": "sue" })])
        }
        // Here errors carry the code that the real service sends; Microsoft's emulator leaves it out.
        "rest: groups and existence" => missing_codes(&[
            (
                "HEAD /api/hubs/bare/connections/none",
                404,
                "Warning.Connection.NotExisted",
            ),
            (
                "PUT /api/hubs/bare/users/none/groups/h",
                404,
                "Warning.User.NotExisted",
            ),
        ]),
        "rest: who may call" => {
            missing_codes(&[("HEAD /api/hubs/1bad/users/ann", 400, "Error.BadRequest")])
        }
        _ => Difference::default(),
    }
}

/// Calls whose error has a code here and none in the recording.
fn missing_codes(calls: &[(&str, u16, &str)]) -> Difference {
    let step = |call: &str, got: Value| json!({ "rest": call, "got": got });
    let recorded = calls
        .iter()
        .map(|(call, status, _)| step(call, json!({ "status": status })));
    let ours = calls
        .iter()
        .map(|(call, status, code)| step(call, json!({ "status": status, "code": code })));
    Difference::of(recorded.collect(), ours.collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_scenario_matches() {
    let mut player = Program::start("record", "record.mjs");
    let Handlers { handlers } = player.read().await;
    let mut connection_strings = BTreeMap::new();
    for (scenario, port) in handlers {
        connection_strings.insert(scenario, start_emulator(port).await);
    }
    player.write(&json!(connection_strings).to_string()).await;

    let mut seen = BTreeMap::new();
    for _ in 0..connection_strings.len() {
        let Played { scenario, steps } = player.read().await;
        seen.insert(scenario, steps);
    }

    assert!(player.succeeds().await);
    let mut wrong = Vec::new();
    for line in RECORDING.lines() {
        let Played { scenario, steps } = serde_json::from_str(line).unwrap();
        let ours = seen.remove(&scenario).unwrap();
        let difference = Difference::between(&steps, &ours);
        if difference != on_purpose(&scenario) {
            wrong.push(format!("{scenario}\n{difference}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen.is_empty());
}

async fn start_emulator(handler_port: u16) -> String {
    let template = format!("http://127.0.0.1:{handler_port}/hook/{{hub}}/{{event}}");
    let hub = HubConfig::default().with_handler(EventHandler::all(&template).unwrap());
    // The recording shows the number of retries, not their pauses.
    let timing = Timing {
        retry_after: vec![std::time::Duration::from_millis(5); 3],
        ..Timing::default()
    };
    let config = Config::default().with_hub("rec", hub).with_timing(timing);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // The recording used this address, which shows in `WebHook-Request-Origin`.
    let connection_string = config
        .connection_string(listener.local_addr().unwrap())
        .replace("localhost", "127.0.0.1");
    tokio::spawn(emulator::run(listener, config, std::future::pending()));
    connection_string
}
