//! The control API.

use emulator::Config;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{Handler, RELIABLE, TestEmulator, call, handled, recover};

pub(crate) async fn control(
    emulator: &TestEmulator,
    method: &str,
    path: &str,
) -> (StatusCode, Value) {
    let url = format!("{}/emulator/{path}", emulator.endpoint());
    let request = Request::builder()
        .method(method)
        .uri(url)
        .body(Default::default())
        .unwrap();
    let answered = call(request).await;
    (answered.status, answered.json())
}

#[tokio::test]
async fn connections_are_listed_with_their_properties() {
    let emulator = TestEmulator::with(Config::default().with_control()).await;
    let mut ann = emulator
        .connect(
            Some(RELIABLE),
            json!({ "sub": "ann", "role": "r", "webpubsub.group": ["g"] }),
        )
        .await;
    let connected = ann.next().await;

    let (_, shown) = control(&emulator, "GET", "connections?hub=chat").await;

    assert_eq!(
        shown["connections"],
        json!([{
            "hub": "chat", "connectionId": connected["connectionId"], "userId": "ann", "subprotocol": RELIABLE,
            "groups": ["g"], "roles": ["r"], "state": null, "attached": true,
        }])
    );
}

#[tokio::test]
async fn a_dropped_connection_gets_no_close_frame_and_can_recover() {
    let emulator = TestEmulator::with(Config::default().with_control()).await;
    let mut ann = emulator
        .connect(Some(RELIABLE), json!({ "webpubsub.group": "g" }))
        .await;
    let connected = ann.next().await;
    let id = connected["connectionId"].as_str().unwrap();

    let (status, _) = control(&emulator, "POST", &format!("connections/{id}/drop")).await;

    assert_eq!((status, ann.closed().await.0), (StatusCode::OK, 1006));
    emulator.send_text("groups/g/:send", "while away").await;
    assert_eq!(
        recover(&emulator, &connected).await.next().await["data"],
        "while away"
    );
}

#[tokio::test]
async fn webhooks_fail_as_planned_and_are_recorded() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with(handled(&handler).with_control()).await;
    let mut ann = emulator.member("ann", &[]).await;
    let event = |ack: u64| json!({ "type": "event", "event": "e", "ackId": ack, "dataType": "text", "data": "d" });

    // One event makes four tries.
    control(&emulator, "POST", "webhooks/fail?count=4").await;
    let failed = ann.ask(event(1)).await;
    let passed = ann.ask(event(2)).await;

    assert_eq!(
        (failed, passed),
        (Err("InternalServerError".to_owned()), Ok(()))
    );
    let (_, shown) = control(&emulator, "GET", "webhooks?limit=2").await;
    let calls = shown["calls"].as_array().unwrap();
    assert_eq!(
        (&calls[0]["status"], &calls[0]["body"]),
        (&json!(200), &json!("d"))
    );
    assert_eq!(calls[1]["failure"], "simulated network failure");
}

#[tokio::test]
async fn requests_to_handlers_and_their_answers_are_listed() {
    let handler = Handler::answering(|seen| match seen.event() {
        "e" => {
            let mut answer = Handler::json("{\"why\":\"not today\"}");
            *answer.status_mut() = StatusCode::IM_A_TEAPOT;
            answer
        }
        _ => Handler::status(204),
    })
    .await;
    let emulator = TestEmulator::with(handled(&handler).with_control()).await;
    let mut ann = emulator.member("ann", &[]).await;

    ann.ask(json!({ "type": "event", "event": "e", "ackId": 1, "dataType": "text", "data": "d" }))
        .await
        .unwrap_err();

    let (_, shown) = control(&emulator, "GET", "webhooks?limit=1").await;
    let call = &shown["calls"][0];
    assert_eq!(call["event"], "e");
    assert_eq!(call["headers"]["ce-userid"], "ann");
    assert_eq!(call["headers"]["content-type"], "text/plain; charset=utf-8");
    assert_eq!(call["status"], 418);
    assert_eq!(call["answerHeaders"]["content-type"], "application/json");
    assert_eq!(call["answer"], "{\"why\":\"not today\"}");
    assert!(call["durationMs"].as_f64() > Some(0.0));
}

#[tokio::test]
async fn foreign_hosts_are_refused_and_everyone_if_control_is_disabled() {
    let on = TestEmulator::with(Config::default().with_control()).await;
    let off = TestEmulator::start().await;
    let status = async |emulator: &TestEmulator, host: &str| {
        let url = format!("{}/emulator/connections", emulator.endpoint());
        call(
            Request::get(url)
                .header("host", host)
                .body(Default::default())
                .unwrap(),
        )
        .await
        .status
        .as_u16()
    };

    assert_eq!(status(&on, "localhost").await, 200);
    assert_eq!(status(&on, "evil.example").await, 403);
    assert_eq!(status(&off, "localhost").await, 404);
}

#[tokio::test]
async fn moving_the_clock_ends_the_recovery_window() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with(handled(&handler).with_control()).await;
    let mut ann = emulator.connect(Some(RELIABLE), json!({})).await;
    let connected = ann.next().await;
    ann.drop_socket();
    while control(&emulator, "GET", "connections").await.1["connections"][0]["attached"] == true {}

    control(&emulator, "POST", "clock/advance?seconds=28").await;
    let mut back = recover(&emulator, &connected).await;
    assert!(back.until_pong().await.is_empty());
    back.drop_socket();
    while control(&emulator, "GET", "connections").await.1["connections"][0]["attached"] == true {}
    control(&emulator, "POST", "clock/advance?seconds=31").await;

    let left = handler.next_named("disconnected").await;
    let why = json!({ "reason": "The connection recovery timeout expired." });
    assert_eq!(left.json(), why);
}

#[tokio::test]
async fn a_clock_is_moved_by_whole_seconds_and_only_forwards() {
    let emulator = TestEmulator::with(Config::default().with_control()).await;

    for wrong in ["", "?seconds=-1", "?seconds=1.5", "?seconds=soon"] {
        let (status, _) = control(&emulator, "POST", &format!("clock/advance{wrong}")).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let (status, answer) = control(&emulator, "POST", "clock/advance?seconds=3600").await;
    assert_eq!(status, StatusCode::OK);
    assert!(answer["now"].is_string());
}
