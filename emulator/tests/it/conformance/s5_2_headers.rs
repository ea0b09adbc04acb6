//! 5.2: the headers of events.

use emulator::Keys;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::json;
use sha2::Sha256;

use crate::support::{Handler, JSON, KEY, Seen, TestEmulator, facts, handled};

/// The events of a client `ann` that connects, sends the event `e` and leaves.
async fn told(event: &str) -> (Seen, String) {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ann = emulator.connect(Some(JSON), json!({ "sub": "ann" })).await;
    let id = ann.connected().await;
    ann.ask(json!({ "type": "event", "event": "e", "ackId": 1, "dataType": "text", "data": "hi" }))
        .await
        .unwrap();
    ann.close("bye").await;
    (handler.next_named(event).await, id)
}

/// Checks a header of an event. `{id}` stands for the connection.
async fn says(event: &str, header: &str, expected: Option<&str>) {
    let (seen, id) = told(event).await;

    let expected = expected.map(|expected| expected.replace("{id}", &id));
    assert_eq!(
        seen.header(header),
        expected.as_deref(),
        "{header} of {event}"
    );
}

facts! { says;
    connect_has_a_type: "connect", "ce-type", Some("azure.webpubsub.sys.connect");
    connected_has_a_type: "connected", "ce-type", Some("azure.webpubsub.sys.connected");
    disconnected_has_a_type: "disconnected", "ce-type", Some("azure.webpubsub.sys.disconnected");
    a_user_event_has_a_type: "e", "ce-type", Some("azure.webpubsub.user.e");
    the_version_of_cloud_events: "e", "ce-specversion", Some("1.0");
    the_version_of_the_service: "e", "ce-awpsversion", Some("1.0");
    the_source_is_the_connection: "e", "ce-source", Some("/hubs/chat/client/{id}");
    the_connection: "e", "ce-connectionid", Some("{id}");
    the_hub: "e", "ce-hub", Some("chat");
    the_name_of_the_event: "e", "ce-eventname", Some("e");
    the_origin_has_no_port: "e", "webhook-request-origin", Some("127.0.0.1");
    the_user: "e", "ce-userid", Some("ann");
    the_user_is_known_at_connect: "connect", "ce-userid", Some("ann");
    the_subprotocol: "e", "ce-subprotocol", Some(JSON);
    the_subprotocol_is_not_known_at_connect: "connect", "ce-subprotocol", None;
    no_state_before_it_is_set: "e", "ce-connectionstate", None;
    connect_is_event_zero: "connect", "ce-id", Some("0");
    a_length: "e", "content-length", Some("2");
    no_chunks: "e", "transfer-encoding", None;
    no_identity_by_default: "e", "authorization", None;
    connect_is_json: "connect", "content-type", Some("application/json");
    connected_is_json: "connected", "content-type", Some("application/json");
    disconnected_is_json: "disconnected", "content-type", Some("application/json");
}

#[tokio::test]
async fn event_ids_count_up_for_each_connection() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;
    let mut ids = Vec::new();

    for user in ["ann", "bob"] {
        let mut client = emulator.member(user, &[]).await;
        for name in ["connect", "connected"] {
            ids.push(handler.next_named(name).await);
        }
        client
            .ask(json!({ "type": "event", "event": "e", "ackId": 1, "data": 1 }))
            .await
            .unwrap();
        ids.push(handler.next_named("e").await);
    }

    let ids: Vec<_> = ids
        .iter()
        .map(|seen| seen.header("ce-id").unwrap())
        .collect();
    assert_eq!(ids, ["0", "1", "2", "0", "1", "2"]);
}

#[tokio::test]
async fn the_time_is_utc_in_whole_seconds() {
    let (seen, _) = told("e").await;

    let time = seen.header("ce-time").unwrap();

    let shape: String = time
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "0000-00-00T00:00:00Z");
}

#[tokio::test]
async fn events_carry_a_trace_and_a_request_id() {
    let (seen, _) = told("e").await;

    assert_eq!(
        seen.header("x-ms-client-request-id").map(str::len),
        Some(36)
    );
    assert_eq!(seen.header("traceparent").map(str::len), Some(55));
}

/// HMACs of the connection id, with the primary key first.
fn signature(keys: &[&str], id: &str) -> String {
    let of = |key: &&str| {
        let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(id.as_bytes());
        let bytes = mac.finalize().into_bytes();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("sha256={hex}")
    };
    keys.iter().map(of).collect::<Vec<_>>().join(",")
}

#[tokio::test]
async fn the_signature_covers_the_connection_id() {
    for event in ["connect", "connected", "e", "disconnected"] {
        let (seen, id) = told(event).await;

        assert_eq!(
            seen.header("ce-signature"),
            Some(&*signature(&[KEY], &id)),
            "{event}"
        );
    }
}

#[tokio::test]
async fn both_keys_sign() {
    let (first, second) = ("1".repeat(32), "2".repeat(32));
    let handler = Handler::silent().await;
    let keys = Keys::new(&first, Some(&second)).unwrap();
    let emulator = TestEmulator::with(handled(&handler).with_keys(keys)).await;
    let claims = json!({ "aud": format!("{}/client/hubs/chat", emulator.endpoint()), "exp": 4_000_000_000_i64 });

    let token = crate::support::sign(&claims, &second);
    emulator
        .refusal_at(&format!("/client/hubs/chat?access_token={token}"))
        .await;

    let connect = handler.next_named("connect").await;
    let id = connect.header("ce-connectionid").unwrap();
    let expected = signature(&[&first, &second], id);
    assert_eq!(connect.header("ce-signature"), Some(&*expected));
}

#[tokio::test]
async fn a_user_is_sent_as_raw_trimmed_utf_8() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let _client = emulator
        .connect(Some(JSON), json!({ "sub": " Jürgen " }))
        .await;

    let connect = handler.next_named("connect").await;
    assert_eq!(connect.headers["ce-userid"].as_bytes(), "Jürgen".as_bytes());
}

#[tokio::test]
async fn anonymous_events_have_no_user() {
    let handler = Handler::silent().await;
    let emulator = TestEmulator::with_handler(&handler).await;

    let _client = emulator.connect(None, json!({})).await;

    let connected = handler.next_named("connected").await;
    assert_eq!(connected.header("ce-userid"), None);
    assert_eq!(connected.header("ce-subprotocol"), None);
}
