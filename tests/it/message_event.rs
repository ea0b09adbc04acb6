//! `POST /api/message_event`

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Client, NOW, TestApp};

#[tokio::test]
async fn a_pong_repeats_the_pings_timestamp_or_adds_ours() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "room_id=test").await;

    let own = client
        .request(json!({ "type": "ping", "timestamp": "2025-01-15T10:30:00Z" }))
        .await;
    let ours = client.request(json!({ "type": "ping" })).await;

    assert_eq!(
        own,
        json!({ "type": "pong", "timestamp": "2025-01-15T10:30:00Z" })
    );
    assert_eq!(
        ours,
        json!({ "type": "pong", "timestamp": "2027-01-15T08:00:00.000000Z" })
    );
}

#[tokio::test]
async fn a_test_frame_is_echoed() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "channel=audio").await;

    let reply = client
        .request(json!({ "type": "test", "message": "hello", "timestamp": "t" }))
        .await;

    assert_eq!(reply["type"], "test_response");
    assert_eq!(reply["originalMessage"], "hello");
    assert!(reply["message"].is_string() && reply["timestamp"].is_string());
}

#[tokio::test]
async fn replies_and_errors_carry_the_request_id() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "room_id=test").await;

    let reply = client
        .request(json!({ "type": "ping", "requestId": "r-1" }))
        .await;
    let error = client
        .request(json!({ "type": "dance", "requestId": 7 }))
        .await;

    assert_eq!(reply["requestId"], "r-1");
    assert_eq!(error["requestId"], 7);
    assert_eq!(error["error"], "unknown_type");
}

#[tokio::test]
async fn a_frame_may_arrive_in_every_supported_form() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "room_id=test").await;
    let pong = json!({ "type": "pong", "timestamp": 1 });
    let ping = json!({ "type": "ping", "timestamp": 1 });
    let events = [
        client.event("message").text(ping.to_string()),
        client.event("message").json(&ping),
        client.event("message").json(&ping.to_string().into()),
        client.event("ping").json(&json!({ "timestamp": 1 })),
        client.event("ping").text(r#"{"timestamp":1}"#),
    ];

    for event in events {
        assert_eq!(client.send_event(event).await, pong);
    }
}

#[tokio::test]
async fn a_malformed_frame_gets_an_error_and_the_connection_stays_usable() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "channel=audio").await;
    let deep = format!(
        r#"{{"type":"ping","x":{}{}}}"#,
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let malformed = [
        (String::new(), "bad_frame"),
        ("hello".to_owned(), "bad_frame"),
        ("[]".to_owned(), "bad_frame"),
        (deep, "bad_frame"),
        (
            r#"{"type":"ping","timestamp":"\ud800"}"#.to_owned(),
            "bad_frame",
        ),
        (r#"{"type":"PING"}"#.to_owned(), "unknown_type"),
        (r#"{"type":"test"}"#.to_owned(), "missing_field"),
        (
            r#"{"type":"test","message":null}"#.to_owned(),
            "missing_field",
        ),
        (r#"{"type":"test","message":1}"#.to_owned(), "invalid_field"),
        (
            r#"{"type":"ping","timestamp":{}}"#.to_owned(),
            "invalid_field",
        ),
        (
            r#"{"type":"ping","requestId":{}}"#.to_owned(),
            "invalid_field",
        ),
        (r#"{"type":"audio"}"#.to_owned(), "missing_field"),
        (
            r#"{"type":"audio","data":"***"}"#.to_owned(),
            "invalid_field",
        ),
        (
            r#"{"type":"audio","data":"","sequence":-1}"#.to_owned(),
            "invalid_field",
        ),
        (
            format!(r#"{{"type":"ping","x":"{}"}}"#, "y".repeat(5_000_000)),
            "bad_frame",
        ),
    ];

    for (frame, code) in malformed {
        let event = client.event("message").text(frame.clone());
        let error = client.send_event(event).await;

        assert_eq!(error["type"], "error", "{frame:.60}");
        assert_eq!(error["error"], code, "{frame:.60}");
        assert!(error["message"].is_string());
    }
    assert_eq!(
        client.request(json!({ "type": "ping" })).await["type"],
        "pong"
    );
}

#[tokio::test]
async fn binary_frames_are_refused() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "room_id=test").await;

    for content_type in [
        "application/octet-stream",
        "application/x-protobuf",
        "image/png",
    ] {
        let event = client.event("message").text(vec![0, 159, 146, 150]);
        let reply = client
            .send_event(event.header("content-type", content_type))
            .await;

        assert_eq!(reply["error"], "bad_frame", "{content_type}");
    }
}

#[tokio::test]
async fn a_frame_of_a_megabyte_is_accepted() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "room_id=test").await;
    let message = "x".repeat(1024 * 1024 - 200);

    let reply = client
        .request(json!({ "type": "test", "message": message }))
        .await;

    assert_eq!(
        reply["originalMessage"].as_str().unwrap().len(),
        message.len()
    );
}

fn chunk(sequence: u64) -> Value {
    json!({ "type": "audio", "data": STANDARD.encode([0; 100]), "sequence": sequence })
}

#[tokio::test]
async fn audio_acknowledgements_list_missing_chunks() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "channel=audio").await;

    let first = client.request(chunk(5)).await;
    let third = client.request(chunk(8)).await;
    let late = client.request(chunk(6)).await;
    let unnumbered = client
        .request(json!({ "type": "audio", "data": "AAEC", "timestamp": "t" }))
        .await;

    assert_eq!(
        (&first["dataSize"], &first["sequence"]),
        (&json!(100), &json!(5))
    );
    assert_eq!(first.get("missing"), None);
    assert_eq!(third["missing"], json!([6, 7]));
    assert_eq!(late["missing"], json!([7]));
    assert_eq!(
        (&unnumbered["dataSize"], unnumbered.get("sequence")),
        (&json!(3), None)
    );
}

#[tokio::test]
async fn the_end_of_audio_returns_a_summary_and_resets_the_count() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "channel=audio").await;
    client.request(chunk(1)).await;
    client.request(chunk(3)).await;

    let summary = client.request(json!({ "type": "audio.end" })).await;
    let next = client.request(chunk(1)).await;

    assert_eq!(
        summary,
        json!({ "type": "audio_summary", "chunks": 2, "bytes": 200, "missing": [2] })
    );
    assert_eq!(next.get("missing"), None);
}

#[tokio::test]
async fn the_audio_size_limit_applies_to_the_decoded_chunk() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "channel=audio").await;
    let audio = |size: usize| json!({ "type": "audio", "data": STANDARD.encode(vec![1; size]) });

    assert_eq!(
        client.request(audio(512 * 1024)).await["dataSize"],
        512 * 1024
    );
    assert_eq!(
        client.request(audio(512 * 1024 + 1)).await["error"],
        "message_too_long"
    );
}

#[tokio::test]
async fn a_connection_may_use_only_its_own_targets() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "room_id=test").await;

    assert_eq!(client.request(chunk(1)).await["error"], "forbidden");
    assert_eq!(
        client.request(json!({ "type": "audio.end" })).await["error"],
        "forbidden"
    );
}

#[tokio::test]
async fn the_gap_report_of_a_hostile_stream_still_fits_the_state() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "channel=audio").await;

    for sequence in (0..4096).step_by(512) {
        client.request(chunk(sequence)).await;
    }
    let last = client.request(chunk(9_007_199_254_740_991)).await;

    assert_eq!(last["missing"].as_array().unwrap().len(), 1000);
    assert!(client.state.len() < 16 * 1024, "{}", client.state.len());
}

#[tokio::test]
async fn a_client_with_an_expired_sign_in_may_only_sign_in_again() {
    let app = TestApp::spawn().await;
    let token = app.token("alice", json!({ "exp": NOW + 60 }));
    let mut client = Client::connect(&app, app.negotiate_as(&token, "room_id=test").await).await;
    client.request(json!({ "type": "ping" })).await;
    app.advance(61);

    let refused = client
        .request(json!({ "type": "ping", "requestId": 1 }))
        .await;
    let fresh = app.token("alice", json!({ "exp": NOW + 600 }));
    let signed_in = client
        .request(json!({ "type": "authenticate", "token": fresh }))
        .await;
    let pong = client.request(json!({ "type": "ping" })).await;

    assert_eq!(
        (&refused["error"], &refused["closeCode"]),
        (&json!("token_expired"), &json!(4001))
    );
    assert_eq!(refused["requestId"], 1);
    assert_eq!(
        signed_in,
        json!({ "type": "authenticated", "user_id": "alice", "expires_at": "2027-01-15T08:10:00.000000Z" })
    );
    assert_eq!(pong["type"], "pong");
}

#[tokio::test]
async fn a_setting_lets_an_expired_sign_in_continue() {
    let settings = [
        ("JWT_SECRET", "a-secret-of-32-bytes-or-rather-more"),
        ("JWT_EXPIRY_ON_SEND", "allow"),
    ];
    let app = TestApp::with(&settings).await;
    let token = app.token("alice", json!({ "exp": NOW + 60 }));
    let mut client = Client::connect(&app, app.negotiate_as(&token, "room_id=test").await).await;
    app.advance(3000);

    assert_eq!(
        client.request(json!({ "type": "ping" })).await["type"],
        "pong"
    );
}

#[tokio::test]
async fn another_users_token_does_not_renew_the_sign_in() {
    let app = TestApp::spawn().await;
    let alice = app.token("alice", json!({}));
    let mut client = Client::connect(&app, app.negotiate_as(&alice, "room_id=test").await).await;
    let before = client.state.clone();
    let tokens = [
        (app.token("mallory", json!({})), "forbidden"),
        ("x.y.z".to_owned(), "forbidden"),
        (
            app.token("alice", json!({ "exp": NOW - 60 })),
            "token_expired",
        ),
    ];

    for (token, code) in tokens {
        let refused = client
            .request(json!({ "type": "authenticate", "token": token }))
            .await;

        assert_eq!(refused["error"], code);
    }
    assert_eq!(client.state, before);
}

#[tokio::test]
async fn an_empty_event_needs_no_content_type() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiate(&app, "room_id=test").await;
    let event = client.event("ping").text("").without("content-type");

    assert_eq!(client.send_event(event).await["type"], "pong");
}

#[tokio::test]
async fn an_expired_sign_in_is_reported_whatever_the_frame() {
    let app = TestApp::spawn().await;
    let token = app.token("alice", json!({ "exp": NOW + 60 }));
    let mut client = Client::connect(&app, app.negotiate_as(&token, "room_id=test").await).await;
    app.advance(61);

    for frame in [
        json!({ "type": "dance", "requestId": 1 }),
        json!({ "type": "test" }),
        json!([]),
    ] {
        assert_eq!(client.request(frame).await["error"], "token_expired");
    }
}

#[tokio::test]
async fn a_failed_group_removal_keeps_the_old_sign_in() {
    let app = TestApp::spawn().await;
    let member = app.token("alice", json!({ "organizations": ["acme"] }));
    let mut client = Client::connect(&app, app.negotiate_as(&member, "org_id=acme").await).await;
    let before = client.state.clone();
    let without_org = app.token("alice", json!({}));

    // This handler's service is unreachable.
    let refused = client
        .request(json!({ "type": "authenticate", "token": without_org }))
        .await;

    assert_eq!(refused["error"], "unavailable");
    assert_eq!(client.state, before);
}
