use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Client, NOW, TestApp};

#[tokio::test]
async fn a_ping_is_answered_with_its_own_time_or_ours() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "room_id=test").await;

    let own = client
        .sends(json!({ "type": "ping", "timestamp": "2025-01-15T10:30:00Z" }))
        .await;
    let ours = client.sends(json!({ "type": "ping" })).await;

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
async fn a_test_is_answered_with_its_words() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "channel=audio").await;

    let reply = client
        .sends(json!({ "type": "test", "message": "hello", "timestamp": "t" }))
        .await;

    assert_eq!(reply["type"], "test_response");
    assert_eq!(reply["originalMessage"], "hello");
    assert!(reply["message"].is_string() && reply["timestamp"].is_string());
}

#[tokio::test]
async fn a_request_id_comes_back_with_the_reply_and_with_the_error() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "room_id=test").await;

    let reply = client
        .sends(json!({ "type": "ping", "requestId": "r-1" }))
        .await;
    let error = client
        .sends(json!({ "type": "dance", "requestId": 7 }))
        .await;

    assert_eq!(reply["requestId"], "r-1");
    assert_eq!(error["requestId"], 7);
    assert_eq!(error["error"], "unknown_type");
}

#[tokio::test]
async fn a_frame_comes_in_by_every_way() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "room_id=test").await;
    let pong = json!({ "type": "pong", "timestamp": 1 });
    let ping = json!({ "type": "ping", "timestamp": 1 });
    let ways = [
        client.event("message").text(ping.to_string()),
        client.event("message").json(&ping),
        client.event("message").json(&ping.to_string().into()),
        client.event("ping").json(&json!({ "timestamp": 1 })),
        client.event("ping").text(r#"{"timestamp":1}"#),
    ];

    for event in ways {
        assert_eq!(client.receives(event).await, pong);
    }
}

#[tokio::test]
async fn what_cannot_be_understood_is_told_so_and_costs_nothing() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "channel=audio").await;
    let deep = format!(
        r#"{{"type":"ping","x":{}{}}}"#,
        "[".repeat(5000),
        "]".repeat(5000)
    );
    let spoilt = [
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

    for (frame, code) in spoilt {
        let event = client.event("message").text(frame.clone());
        let error = client.receives(event).await;

        assert_eq!(error["type"], "error", "{frame:.60}");
        assert_eq!(error["error"], code, "{frame:.60}");
        assert!(error["message"].is_string());
    }
    assert_eq!(
        client.sends(json!({ "type": "ping" })).await["type"],
        "pong"
    );
}

#[tokio::test]
async fn bytes_are_no_frame() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "room_id=test").await;

    for content_type in [
        "application/octet-stream",
        "application/x-protobuf",
        "image/png",
    ] {
        let event = client.event("message").text(vec![0, 159, 146, 150]);
        let reply = client
            .receives(event.header("content-type", content_type))
            .await;

        assert_eq!(reply["error"], "bad_frame", "{content_type}");
    }
}

#[tokio::test]
async fn a_frame_of_a_megabyte_is_taken() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "room_id=test").await;
    let message = "x".repeat(1024 * 1024 - 200);

    let reply = client
        .sends(json!({ "type": "test", "message": message }))
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
async fn audio_is_acknowledged_with_what_is_missing() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "channel=audio").await;

    let first = client.sends(chunk(5)).await;
    let third = client.sends(chunk(8)).await;
    let late = client.sends(chunk(6)).await;
    let unnumbered = client
        .sends(json!({ "type": "audio", "data": "AAEC", "timestamp": "t" }))
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
async fn the_end_of_audio_is_summed_up_and_the_next_begins_anew() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "channel=audio").await;
    client.sends(chunk(1)).await;
    client.sends(chunk(3)).await;

    let summary = client.sends(json!({ "type": "audio.end" })).await;
    let next = client.sends(chunk(1)).await;

    assert_eq!(
        summary,
        json!({ "type": "audio_summary", "chunks": 2, "bytes": 200, "missing": [2] })
    );
    assert_eq!(next.get("missing"), None);
}

#[tokio::test]
async fn an_audio_chunk_has_a_limit_once_decoded() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "channel=audio").await;
    let audio = |size: usize| json!({ "type": "audio", "data": STANDARD.encode(vec![1; size]) });

    assert_eq!(
        client.sends(audio(512 * 1024)).await["dataSize"],
        512 * 1024
    );
    assert_eq!(
        client.sends(audio(512 * 1024 + 1)).await["error"],
        "message_too_long"
    );
}

#[tokio::test]
async fn a_connection_may_use_only_what_it_was_bound_to() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "room_id=test").await;

    assert_eq!(client.sends(chunk(1)).await["error"], "forbidden");
    assert_eq!(
        client.sends(json!({ "type": "audio.end" })).await["error"],
        "forbidden"
    );
}

#[tokio::test]
async fn the_gap_report_of_a_hostile_stream_still_fits_the_state() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "channel=audio").await;

    for sequence in (0..4096).step_by(512) {
        client.sends(chunk(sequence)).await;
    }
    let last = client.sends(chunk(9_007_199_254_740_991)).await;

    assert_eq!(last["missing"].as_array().unwrap().len(), 1000);
    assert!(client.state.len() < 16 * 1024, "{}", client.state.len());
}

#[tokio::test]
async fn after_its_sign_in_expired_a_client_may_only_sign_in_again() {
    let app = TestApp::spawn().await;
    let token = app.token("alice", json!({ "exp": NOW + 60 }));
    let mut client = Client::through(&app, app.negotiate_as(&token, "room_id=test").await).await;
    client.sends(json!({ "type": "ping" })).await;
    app.sleep(61);

    let refused = client
        .sends(json!({ "type": "ping", "requestId": 1 }))
        .await;
    let fresh = app.token("alice", json!({ "exp": NOW + 600 }));
    let signed_in = client
        .sends(json!({ "type": "authenticate", "token": fresh }))
        .await;
    let pong = client.sends(json!({ "type": "ping" })).await;

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
async fn an_expired_sign_in_may_be_let_go_on() {
    let settings = [
        ("JWT_SECRET", "a-secret-of-32-bytes-or-rather-more"),
        ("JWT_EXPIRY_ON_SEND", "allow"),
    ];
    let app = TestApp::with(&settings).await;
    let token = app.token("alice", json!({ "exp": NOW + 60 }));
    let mut client = Client::through(&app, app.negotiate_as(&token, "room_id=test").await).await;
    app.sleep(3000);

    assert_eq!(
        client.sends(json!({ "type": "ping" })).await["type"],
        "pong"
    );
}

#[tokio::test]
async fn another_users_token_does_not_sign_in() {
    let app = TestApp::spawn().await;
    let alice = app.token("alice", json!({}));
    let mut client = Client::through(&app, app.negotiate_as(&alice, "room_id=test").await).await;
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
            .sends(json!({ "type": "authenticate", "token": token }))
            .await;

        assert_eq!(refused["error"], code);
    }
    assert_eq!(client.state, before);
}

#[tokio::test]
async fn an_empty_event_needs_no_content_type() {
    let app = TestApp::spawn().await;
    let mut client = Client::negotiated(&app, "room_id=test").await;
    let event = client.event("ping").text("").without("content-type");

    assert_eq!(client.receives(event).await["type"], "pong");
}

#[tokio::test]
async fn an_expired_sign_in_is_said_whatever_the_frame() {
    let app = TestApp::spawn().await;
    let token = app.token("alice", json!({ "exp": NOW + 60 }));
    let mut client = Client::through(&app, app.negotiate_as(&token, "room_id=test").await).await;
    app.sleep(61);

    for frame in [
        json!({ "type": "dance", "requestId": 1 }),
        json!({ "type": "test" }),
        json!([]),
    ] {
        assert_eq!(client.sends(frame).await["error"], "token_expired");
    }
}

#[tokio::test]
async fn groups_that_cannot_be_left_keep_the_old_sign_in() {
    let app = TestApp::spawn().await;
    let member = app.token("alice", json!({ "organizations": ["acme"] }));
    let mut client = Client::through(&app, app.negotiate_as(&member, "org_id=acme").await).await;
    let before = client.state.clone();
    let without = app.token("alice", json!({}));

    // Nobody listens at this handler's service.
    let refused = client
        .sends(json!({ "type": "authenticate", "token": without }))
        .await;

    assert_eq!(refused["error"], "unavailable");
    assert_eq!(client.state, before);
}
