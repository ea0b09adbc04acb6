//! Telemetry on each store: handlers are killed in the middle of a batch, two take the same batch
//! at once, and the calls that a batch takes are counted.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::{Client as Http, Method};
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::config::Listen;
use tokio::time::timeout;

use super::counted::Counted;
use super::{Handler, LOAD_TEST_LOCK, Service, StoreSettings};
use crate::support::{Answer, Socket, TelemetryEvent, TestApp, chunked, telemetry_call};

/// Long enough for a busy machine; no test measures time with it.
const TIMEOUT: Duration = Duration::from_secs(60);

const DEVICES: usize = 5;
const BATCH: i64 = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_cut_short_by_a_kill_is_stored_once_on_sqlite() {
    kill_in_a_batch(StoreSettings::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_cut_short_by_a_kill_is_stored_once_on_azurite() {
    kill_in_a_batch(StoreSettings::azurite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_cut_short_by_a_kill_is_stored_once_on_cosmos() {
    kill_in_a_batch(StoreSettings::cosmos().await).await;
}

/// Many devices in one batch, in turn. The names are of this test alone: Azurite is shared.
struct Batch {
    devices: Vec<String>,
    events: Vec<TelemetryEvent>,
}

impl Batch {
    fn new() -> Self {
        let run = switchboard::clock::Ids::random()
            .uuid()
            .simple()
            .to_string();
        let devices: Vec<_> = (0..DEVICES).map(|n| format!("d{n}-{run}")).collect();
        let event = |n: i64| {
            let device = &devices[usize::try_from(n).unwrap() % DEVICES];
            TelemetryEvent::new(device, n, json!({ "n": n }))
        };
        let events = (1..=BATCH).map(event).collect();
        Self { devices, events }
    }

    fn body(&self) -> String {
        telemetry_call(&self.events, 0).to_string()
    }

    fn numbers_of(&self, device: usize) -> Vec<i64> {
        let is_of = |n: &i64| usize::try_from(*n).unwrap() % DEVICES == device;
        (1..=BATCH).rev().filter(is_of).collect()
    }
}

/// Calls the trigger as the host would: it knows the handler by the port that it was given.
async fn trigger(http: &Http, base: &str, body: String) -> reqwest::Result<Answer> {
    let call = http.post(format!("{base}/telemetry"));
    Answer::try_of(chunked(call, body).header("host", "127.0.0.1:0")).await
}

/// As the host does: a batch that fails, here because the machine is busy, comes again.
async fn deliver(http: &Http, base: &str, batch: &Batch) {
    let delivering = async {
        for retries in 0.. {
            let body = telemetry_call(&batch.events, retries).to_string();
            let answer = trigger(http, base, body).await.unwrap();
            if answer.status == 200 {
                assert_eq!(answer.body, "{}");
                return;
            }
        }
    };
    timeout(TIMEOUT, delivering).await.expect("it always fails");
}

async fn get(http: &Http, base: &str, path: &str) -> Value {
    let call = http.request(Method::GET, format!("{base}{path}"));
    Answer::of(call.bearer_auth(TestApp::API_TOKEN)).await.ok()
}

async fn history(http: &Http, base: &str, device: &str) -> Vec<i64> {
    let path = format!("/api/devices/telemetry?device_id={device}&limit=200");
    let page = get(http, base, &path).await;
    let shown = page["telemetry"].as_array().unwrap();
    let number = |message: &Value| message["sequence"].as_i64().unwrap();
    shown.iter().map(number).collect()
}

async fn kill_in_a_batch(store: StoreSettings) {
    let _guard = LOAD_TEST_LOCK.lock().await;
    let http = SharedHttpClient::new().client().unwrap();
    let service = Service::start().await;
    let batch = Batch::new();
    let first = Handler::start(&service, &store).await;
    let path = format!(
        "/api/negotiate?username=alice&device_id={}",
        batch.devices[1]
    );
    let negotiated = get(&http, &first.base, &path).await;
    let mut alice = Socket::dial(negotiated["url"].as_str().unwrap())
        .await
        .unwrap();

    // The first frames cannot be sent, so some devices are stored and the batch goes on.
    service.gate.shut();
    let base = first.base.clone();
    let cut_short = trigger(&http, &base, batch.body());
    let killing = async {
        service.gate.wait_for_cut_off().await;
        first.kill().await;
    };
    let (answer, ()) = tokio::join!(cut_short, killing);
    service.gate.open();
    let second = Handler::start(&service, &store).await;
    deliver(&http, &second.base, &batch).await;

    assert!(answer.is_err(), "{}: the batch was over", store.name);
    for (index, device) in batch.devices.iter().enumerate() {
        let stored = history(&http, &second.base, device).await;
        assert_eq!(stored, batch.numbers_of(index), "{} {device}", store.name);
    }
    let mut unseen: BTreeSet<_> = batch.numbers_of(1).into_iter().take(10).collect();
    while !unseen.is_empty() {
        let frame = alice.receive_type("telemetry").await;
        unseen.remove(&frame["sequence"].as_i64().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_handlers_with_the_same_batch_store_it_once() {
    let stores = [
        StoreSettings::sqlite(),
        StoreSettings::azurite().await,
        StoreSettings::cosmos().await,
    ];
    let _guard = LOAD_TEST_LOCK.lock().await;
    let http = SharedHttpClient::new().client().unwrap();
    for store in stores {
        let service = Service::start().await;
        let handlers = Handler::start_many(&service, &store, 2).await;
        let batch = Batch::new();

        tokio::join!(
            deliver(&http, &handlers[0].base, &batch),
            deliver(&http, &handlers[1].base, &batch),
        );

        for (index, device) in batch.devices.iter().enumerate() {
            let stored = history(&http, &handlers[0].base, device).await;
            assert_eq!(stored, batch.numbers_of(index), "{} {device}", store.name);
        }
    }
}

#[tokio::test]
async fn a_store_that_fails_fails_the_batch() {
    let file = crate::support::fresh_folder()
        .join("missing")
        .join("no")
        .join("such.db");
    std::fs::create_dir_all(file.parent().unwrap().parent().unwrap()).unwrap();
    std::fs::write(file.parent().unwrap(), "a file where a folder should be").unwrap();
    let place = format!("sqlite:{}", file.display());
    let settings = [("STORE", place.as_str())];
    let app = TestApp::listening("http://localhost:9", &settings, Listen::Functions(0)).await;
    let batch = [TelemetryEvent::new("d1", 1, "1")];

    let call = app.call(Method::POST, "/telemetry");
    let answer = Answer::of(chunked(call, telemetry_call(&batch, 7).to_string())).await;

    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (500, "{}"));
}

#[tokio::test]
async fn a_device_costs_one_read_and_one_write_a_batch() {
    let (world, store) = Counted::world_with(&[], Listen::Functions(0)).await;
    let feed = async |events: &[TelemetryEvent]| {
        let call = world.app.call(Method::POST, "/telemetry");
        let body = telemetry_call(events, 0).to_string();
        Answer::of(chunked(call, body)).await.ok();
    };
    let events = |numbers: std::ops::RangeInclusive<i64>| -> Vec<_> {
        let event = |n| TelemetryEvent::new("d1", n, json!({ "n": n }));
        numbers.map(event).collect()
    };
    feed(&events(1..=1)).await;
    assert_eq!(
        store.take_calls(),
        ["read head", "write device:d1", "write t:0000001 head"]
    );
    world.app.advance(1);
    let before = world.gate.calls();

    feed(&events(2..=100)).await;
    let calls = store.take_calls();
    assert_eq!(calls.len(), 2, "{calls:?}");
    assert_eq!(calls[0], "read head");
    assert!(calls[1].starts_with("write t:0000002 ") && calls[1].ends_with(" t:0000100 head"));
    // At most ten frames a second.
    assert_eq!(world.gate.calls() - before, 10);

    // One more than a write takes.
    feed(&events(101..=200)).await;
    assert_eq!(store.take_calls().len(), 4);
    // Again: nothing to store.
    feed(&events(101..=200)).await;
    assert_eq!(store.take_calls(), ["read head"]);
}
