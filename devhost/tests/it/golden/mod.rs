//! Compares the host with exchanges that were recorded from the real host's code.
//!
//! Each recorded exchange (a vector) gets its own host, between a raw TCP client and a raw TCP
//! recorder in place of the handler.

mod app;
mod client;
mod compare;
mod names;
mod recorder;
mod vector;

use std::sync::{Arc, Mutex};

use devhost::{HostEvent, Outcome};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use client::{ABSENCE_TIMEOUT, Client};
use compare::Differences;
use recorder::Recorder;
use vector::Vector;

use crate::support::TIMEOUT;

/// Vectors that the host does not reproduce, with the reasons.
const DEVIATIONS: &[(&str, &str)] = &[
    (
        "own-root-head",
        "the home page is our own, of another length",
    ),
    ("own-root-post", "the home page is our own"),
    ("no-prefix-root", "the home page is our own"),
    (
        "hub-retry-policy",
        "RetryContext.Exception has only some of .NET's members",
    ),
];

#[test]
fn every_vector_is_a_test() {
    let recorded = vector::names();

    assert_eq!(names::NAMES, recorded);
}

#[test]
fn at_most_five_deviations_in_a_hundred() {
    assert!(DEVIATIONS.len() * 20 <= names::NAMES.len());
}

#[tokio::test]
async fn forty_calls_at_once_take_forty_connections() {
    let vector = Vector::named("parallel-40-requests");
    let stage = Stage::open(&vector).await;
    stage.recorder.hold_answers_until(40);
    let started = stage.recorder.connections();

    let calls: Vec<_> = (0..40)
        .map(|_| {
            let mut client = stage.client();
            let vector = vector.clone();
            tokio::spawn(async move { client.call(&vector).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().status, 200);
    }

    assert_eq!(stage.recorder.connections() - started, 40);
}

/// A queue and a message that was put into it.
type Message = (String, Vec<u8>);

/// A running host between a client and a recorder.
struct Stage {
    port: u16,
    recorder: Recorder,
    outputs: Arc<Mutex<Vec<Message>>>,
    fired: mpsc::UnboundedReceiver<Outcome>,
    host: tokio::task::JoinHandle<Result<(), devhost::HostError>>,
    _folder: Arc<TempDir>,
}

impl Stage {
    async fn open(vector: &Vector) -> Self {
        Self::open_in(Arc::new(TempDir::new().unwrap()), vector).await
    }

    async fn open_in(folder: Arc<TempDir>, vector: &Vector) -> Self {
        let recorder = Recorder::start(vector).await;
        let app = app::build(folder.path(), vector, recorder.port);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let outputs = Arc::new(Mutex::new(Vec::new()));
        let (fired_sender, fired) = mpsc::unbounded_channel();
        let (ready_sender, mut ready) = mpsc::unbounded_channel();
        let events = {
            let outputs = Arc::clone(&outputs);
            move |event| match event {
                HostEvent::Ready { .. } => drop(ready_sender.send(())),
                HostEvent::Fired { outcome, .. } => drop(fired_sender.send(outcome)),
                HostEvent::Output { queue, message, .. } => {
                    outputs.lock().unwrap().push((queue, message))
                }
                _ => {}
            }
        };
        let host = tokio::spawn(devhost::run(app, listener, events, std::future::pending()));
        tokio::time::timeout(TIMEOUT, ready.recv()).await.unwrap();
        Self {
            port,
            recorder,
            outputs,
            fired,
            host,
            _folder: folder,
        }
    }

    fn client(&self) -> Client {
        Client::new(self.port, self.recorder.port)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.host.abort();
    }
}

/// Fails on any difference, and on a listed deviation without a difference.
async fn check(name: &str) {
    let vector = Vector::named(name);
    let differences = play(&vector).await;

    let deviation = DEVIATIONS.iter().find(|(deviating, _)| *deviating == name);
    match deviation {
        Some((_, reason)) => assert!(
            !differences.is_empty(),
            "{name} is reproduced now; remove it from the list of deviations ({reason})"
        ),
        None => assert!(differences.is_empty(), "{name} differs:\n{differences}"),
    }
}

async fn play(vector: &Vector) -> Differences {
    let folder = Arc::new(TempDir::new().unwrap());
    if vector.name() == "timer-monitored-again" {
        // This run saves the status that the second one finds.
        let mut first = Stage::open_in(Arc::clone(&folder), vector).await;
        tokio::time::timeout(TIMEOUT, first.fired.recv())
            .await
            .unwrap();
    }
    let mut stage = Stage::open_in(folder, vector).await;
    let mut differences = Differences::default();
    match vector.text("function") {
        Some("__ping") => differences.request(
            vector,
            Some(&stage.recorder.ping().await),
            stage.recorder.port,
        ),
        Some(function) => fire(vector, function, &mut stage, &mut differences).await,
        None => call(vector, &mut stage, &mut differences).await,
    }
    differences
}

async fn call(vector: &Vector, stage: &mut Stage, differences: &mut Differences) {
    let mut client = stage.client();
    if vector.has_note("has served a request before")
        || vector.has_note("had closed the previous connection")
    {
        assert_eq!(client.get("/api/negotiate").await.unwrap().status, 200);
        stage.recorder.forget();
    }
    let answer = client.call(vector).await;
    let seen = stage.recorder.seen();

    differences.requests(vector, &seen, stage.recorder.port);
    differences.answer(vector, answer.as_ref());
    if answer.is_some() {
        let closed = vector.value["clientGot"]["connectionAfter"] == "closed";
        differences.expect(
            "the connection is closed afterwards",
            closed,
            client.is_closed(closed).await,
        );
    }
    if let Some(expected) = vector.value.get("queueOutputs") {
        differences.outputs(expected, &stage.outputs.lock().unwrap());
    }
}

async fn fire(vector: &Vector, function: &str, stage: &mut Stage, differences: &mut Differences) {
    let trigger = vector.value["trigger"].as_object().unwrap();
    let input = trigger.values().find(|value| value.is_object());
    if let Some(text) = input.and_then(|input| input.get("queue")) {
        let metadata = json!({
            "DequeueCount": 1,
            "PopReceipt": "pop-receipt",
            "InsertionTime": "2024-10-24T01:02:03+00:00",
            "ExpirationTime": "2024-10-31T01:02:03+00:00",
            "NextVisibleTime": "2024-10-24T01:12:03+00:00",
        });
        let body = json!({ "input": text, "metadata": metadata });
        stage
            .client()
            .post_admin(&format!("/admin/functions/{function}"), &body)
            .await;
    }
    if let Some(events) = input.and_then(|input| input["events"].as_array()) {
        let events: Vec<Value> = events
            .iter()
            .enumerate()
            .map(|(at, event)| full_event(at, event))
            .collect();
        let body = json!({ "namespace": "ns.example", "events": events });
        stage.client().post_admin("/admin/feed/hub", &body).await;
    }

    let expected = &vector.value["invocation"];
    let pending = expected["outcome"] == "pending";
    let limit = if pending { ABSENCE_TIMEOUT } else { TIMEOUT };
    let outcome = match tokio::time::timeout(limit, stage.fired.recv()).await {
        Err(_) => "pending",
        Ok(Some(Outcome::Succeeded)) => "succeeded",
        Ok(_) => "failed",
    };
    differences.expect(
        "the outcome",
        expected["outcome"].as_str().unwrap(),
        outcome,
    );
    differences.requests(vector, &stage.recorder.seen(), stage.recorder.port);
    differences.outputs(&expected["outputs"], &stage.outputs.lock().unwrap());
}

fn full_event(at: usize, event: &Value) -> Value {
    json!({
        "body": if event.is_string() { event.clone() } else { Value::Null },
        "base64": event.get("base64"),
        "partitionKey": "pk",
        "offset": (128 + at).to_string(),
        "sequenceNumber": 7 + at,
        "enqueuedTimeUtc": "2024-10-24T01:02:03Z",
        "properties": { "appKey": "appValue" },
        "systemProperties": {
            "iothub-connection-device-id": "dev-1",
            "iothub-enqueuedtime": "2024-10-24T01:02:03Z",
        },
    })
}
