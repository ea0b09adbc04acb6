//! 4.4: recovery of reliable clients.

use std::time::Duration;

use emulator::Timing;
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::support::{
    Client, Handler, JSON, RELIABLE, TestEmulator, facts, handled, recover, recovery_path,
    reliable, short_pauses, status,
};

#[tokio::test]
async fn a_new_socket_replaces_the_old_one() {
    let emulator = TestEmulator::start().await;
    let (mut old, connected) = reliable(&emulator).await;

    let mut new = recover(&emulator, &connected).await;

    assert_eq!(old.closed().await.0, 1006);
    emulator.send_text("groups/g/:send", "to the new one").await;
    assert_eq!(new.next().await["sequenceId"], 1);
}

#[tokio::test]
async fn a_refused_recovery_is_upgraded_and_closed_with_1008() {
    let emulator = TestEmulator::start().await;
    let (mut ann, connected) = reliable(&emulator).await;
    let (_other, other_connected) = reliable(&emulator).await;
    let mut foreign_token = connected.clone();
    foreign_token["reconnectionToken"] = other_connected["reconnectionToken"].clone();
    let mut unknown = connected.clone();
    unknown["connectionId"] = json!("none");
    let other_hub = recovery_path(&connected).replace("/chat?", "/other?");
    ann.close("done").await;

    for path in [
        recovery_path(&connected),
        recovery_path(&foreign_token),
        recovery_path(&unknown),
        other_hub,
    ] {
        let mut refused = Client::connect(emulator.addr, path, Some(RELIABLE.to_owned())).await;
        assert_eq!(
            refused.closed().await,
            (1008, "The connection could not be recovered.".to_owned())
        );
    }
}

#[tokio::test]
async fn a_recovery_ignores_an_expired_access_token() {
    let emulator = TestEmulator::start().await;
    let (ann, connected) = reliable(&emulator).await;
    ann.drop_socket();

    let path = format!("{}&access_token=nonsense", recovery_path(&connected));
    let mut back = Client::connect(emulator.addr, path, Some(RELIABLE.to_owned())).await;

    assert!(back.until_pong().await.is_empty());
}

#[tokio::test]
async fn disconnected_is_sent_once_after_the_recovery_window() {
    let handler = Handler::silent().await;
    let timing = Timing {
        recovery_window: Duration::from_millis(50),
        ..short_pauses()
    };
    let emulator = TestEmulator::with(handled(&handler).with_timing(timing)).await;
    let (ann, connected) = reliable(&emulator).await;
    ann.drop_socket();

    let left = handler.next_named("disconnected").await;

    assert_eq!(
        left.json(),
        json!({ "reason": "The connection recovery timeout expired." })
    );
    let mut late = recover(&emulator, &connected).await;
    assert_eq!(late.closed().await.0, 1008);
}

/// Checks whether a client can recover after it closed its socket with this code.
async fn closes(code: Option<u16>, recoverable: bool) {
    let emulator = TestEmulator::start().await;
    let (mut ann, connected) = reliable(&emulator).await;

    let frame = code.map(|code| CloseFrame {
        code: code.into(),
        reason: "".into(),
    });
    ann.send_message(Message::Close(frame)).await;
    ann.closed().await;

    let mut back = recover(&emulator, &connected).await;
    if recoverable {
        assert!(back.until_pong().await.is_empty());
    } else {
        assert_eq!(back.closed().await.0, 1008);
    }
}

facts! { closes;
    a_normal_close_is_final: Some(1000), false;
    a_close_without_a_code_is_final: None, false;
    a_client_that_goes_away_can_recover: Some(1001), true;
    a_client_that_closes_with_a_code_of_its_library_can_recover: Some(3001), true;
    a_client_that_closes_with_its_own_code_can_recover: Some(4000), true;
}

/// The client's close frame does not end the connection, so neither does its reason.
#[tokio::test]
async fn disconnected_after_another_close_code_waits_for_the_recovery_window() {
    let handler = Handler::silent().await;
    let timing = Timing {
        recovery_window: Duration::from_millis(20),
        ..short_pauses()
    };
    let emulator = TestEmulator::with(handled(&handler).with_timing(timing)).await;
    let (mut ann, _) = reliable(&emulator).await;

    let going_away = Message::Close(Some(CloseFrame {
        code: 1001.into(),
        reason: "reload".into(),
    }));
    ann.send_message(going_away).await;

    assert_eq!(ann.closed().await, (1001, "reload".to_owned()));
    assert_eq!(
        handler.next_named("disconnected").await.json(),
        json!({ "reason": "The connection recovery timeout expired." })
    );
}

#[tokio::test]
async fn only_a_reliable_connection_can_be_recovered() {
    let emulator = TestEmulator::start().await;
    let (ann, mut connected) = reliable(&emulator).await;
    let mut plain = emulator.connect(Some(JSON), json!({})).await;
    connected["connectionId"] = json!(plain.connected().await);

    assert_eq!(recover(&emulator, &connected).await.closed().await.0, 1008);
    drop(ann);
}

/// After an HTTP error the client would try again.
#[tokio::test]
async fn an_invalid_recovery_is_upgraded_too() {
    let emulator = TestEmulator::start().await;

    for path in [
        "/client/hubs/chat?awps_connection_id=none",
        "/client/hubs/chat?awps_connection_id=&awps_reconnection_token=",
        "/client/hubs/nobody?awps_connection_id=x&awps_reconnection_token=y&access_token=z",
    ] {
        let (_, head) = emulator.raw_handshake(path, "").await;
        assert_eq!(status(&head), 101, "{path}");
    }
}

#[tokio::test]
async fn recovering_raises_no_events() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let (ann, connected) = reliable(&emulator).await;
    handler.next_named("connected").await;
    ann.drop_socket();

    let mut back = recover(&emulator, &connected).await;
    back.ask(json!({ "type": "event", "event": "e", "ackId": 1, "data": 1 }))
        .await
        .unwrap();

    assert_eq!(handler.next().await.event(), "e");
}

#[tokio::test]
async fn a_client_may_recover_without_offering_a_protocol() {
    let emulator = TestEmulator::start().await;
    let (ann, connected) = reliable(&emulator).await;
    ann.drop_socket();
    emulator.send_text(":send", "while away").await;

    let path = recovery_path(&connected);
    let mut back = Client::connect(emulator.addr, path, None).await;

    assert_eq!(back.next().await["data"], "while away");
    assert_eq!(back.subprotocol, None);
}
