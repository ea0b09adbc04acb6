//! Twenty-four scenarios come out as they did on Microsoft's own emulator, whose recording is
//! `record/microsofts-emulator.jsonl`. Codes count, the wording of errors does not, nor which code
//! a bad frame closes with, nor the order of what different receivers see.
#![cfg(test)]

#[path = "scenarios/compare.rs"]
mod compare;
#[path = "scenarios/node.rs"]
mod node;

use std::collections::BTreeMap;

use emulator::{Config, EventHandler, HubConfig, Timing};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpListener;
use tokio::process::ChildStdout;

use compare::Difference;

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

/// Where ours differs on purpose, as the README tells.
fn on_purpose(scenario: &str) -> Difference {
    match scenario {
        // Microsoft's emulator refuses a URL whose quotes are not escaped as it would escape them
        // itself; here the token counts for the URL as it was sent, and the message arrives.
        "rest: sending" => {
            let sent = |status: u16| {
                json!({
                    "rest": "POST /api/hubs/bare/:send?filter=userId%20eq%20'sue'",
                    "sent": "sue", "type": "text/plain", "got": { "status": status },
                })
            };
            Difference::of(vec![sent(401)], vec![sent(202), json!({ "s <": "sue" })])
        }
        _ => Difference::default(),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_scenario_comes_out_alike() {
    let mut player = node::play();
    let mut lines = BufReader::new(player.stdout.take().unwrap()).lines();
    let Handlers { handlers } = next(&mut lines).await;
    let mut connection_strings = BTreeMap::new();
    for (scenario, port) in handlers {
        connection_strings.insert(scenario, start_emulator(port).await);
    }
    let line = format!("{}\n", json!(connection_strings));
    player
        .stdin
        .take()
        .unwrap()
        .write_all(line.as_bytes())
        .await
        .unwrap();

    let mut seen = BTreeMap::new();
    for _ in 0..connection_strings.len() {
        let Played { scenario, steps } = next(&mut lines).await;
        seen.insert(scenario, steps);
    }

    assert!(player.wait().await.unwrap().success());
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
    // The recording shows how often an event is sent again, not how long that takes.
    let timing = Timing {
        retry_after: vec![std::time::Duration::from_millis(5); 3],
        ..Timing::default()
    };
    let config = Config::default().with_hub("rec", hub).with_timing(timing);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    // The recording was made by way of the address: it shows in `WebHook-Request-Origin`.
    let connection_string = config
        .connection_string(listener.local_addr().unwrap())
        .replace("localhost", "127.0.0.1");
    tokio::spawn(emulator::run(listener, config, std::future::pending()));
    connection_string
}

async fn next<T: for<'de> Deserialize<'de>>(lines: &mut Lines<BufReader<ChildStdout>>) -> T {
    let line = lines
        .next_line()
        .await
        .unwrap()
        .expect("the player ended early");
    serde_json::from_str(&line).unwrap()
}
