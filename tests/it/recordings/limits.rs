//! Who may record, and how much.

use serde_json::json;

use super::{Setting, chunk, end, start};
use crate::support::{Azurite, Client, OpenAi, TestApp};

#[tokio::test]
async fn a_recording_has_at_most_24_mib() {
    let setting = Setting::start().await;
    let mut client = setting.client().await;
    let large = chunk(&vec![7; 512 * 1024]);

    client.request(start()).await;
    for _ in 0..48 {
        let received = client.request(large.clone()).await;
        assert_eq!(received["type"], "audio_received", "{received}");
    }

    assert_eq!(
        client.request(chunk(b"x")).await["error"],
        "message_too_long"
    );
    let summary = client.request(end()).await;
    assert_eq!(summary["bytes"], 24 * 1024 * 1024);
    assert!(summary["recordingId"].is_string());
}

#[tokio::test]
async fn a_recording_lasts_ten_minutes_and_a_day_has_sixty() {
    let setting = Setting::with(&[("JWT_EXPIRY_ON_SEND", "allow")]).await;
    let mut client = setting.client().await;

    for _ in 0..6 {
        let started = client.request(start()).await;
        assert!(started["recordingId"].is_string(), "{started}");
        setting.app().advance(600);
        assert_eq!(client.request(chunk(b"a")).await["type"], "audio_received");
        setting.app().advance(1);
        let late = client.request(chunk(b"b")).await;
        assert_eq!(late["error"], "message_too_long");
        client.request(end()).await;
    }
    let refused = client.request(start()).await;
    assert_eq!(refused["error"], "rate_limited");
    let wait = refused["retryAfterMs"].as_i64().unwrap();
    assert!((1..=86_400_000).contains(&wait), "{wait}");

    setting.app().advance(wait / 1000);
    let started = client.request(start()).await;
    assert!(started["recordingId"].is_string(), "{started}");
}

#[tokio::test]
async fn unused_minutes_are_given_back() {
    let setting = Setting::start().await;
    let mut client = setting.client().await;

    // Reserved in full, they would last for six.
    for _ in 0..8 {
        let started = client.request(start()).await;
        assert!(started["recordingId"].is_string(), "{started}");
        setting.app().advance(20);
        client.request(chunk(b"a")).await;
        client.request(end()).await;
    }
}

#[tokio::test]
async fn without_a_deployment_or_a_storage_account_it_is_unavailable() {
    let openai = OpenAi::start().await;
    let transcribe = (
        "AZURE_OPENAI_TRANSCRIBE_DEPLOYMENT",
        openai.deployment.as_str(),
    );
    let storage = Azurite::shared().await.account().connection_string();
    let storage = ("AzureWebJobsStorage", storage.as_str());
    let model = openai.settings();
    for settings in [
        vec![storage],
        [model.clone(), vec![storage]].concat(),
        [model, vec![transcribe]].concat(),
    ] {
        let app = TestApp::with(&[&settings[..], &[("ALLOW_ANONYMOUS", "true")]].concat()).await;
        let mut client = Client::negotiate(&app, "channel=audio").await;

        assert_eq!(client.request(start()).await["error"], "unavailable");
        let plain = client.request(json!({ "type": "audio.start" })).await;
        assert_eq!(plain, json!({ "type": "audio_started" }));
    }
}

#[tokio::test]
async fn anonymous_callers_record_only_where_that_is_allowed() {
    let strict = Setting::start().await;
    let open = Setting::with(&[("ASSISTANT_ANONYMOUS", "true")]).await;
    for (setting, expected) in [(&strict, "error"), (&open, "audio_started")] {
        let mut anonymous = setting.world.join("channel=audio").await;

        let started = anonymous.request(start()).await;

        assert_eq!(started["type"], expected, "{started}");
        if expected == "error" {
            assert_eq!(started["error"], "forbidden");
        }
    }
}

#[tokio::test]
async fn a_start_with_bad_fields_is_refused() {
    let setting = Setting::start().await;
    let mut client = setting.client().await;

    for (frame, error) in [
        (json!({ "transcribe": true }), "missing_field"),
        (
            json!({ "transcribe": "yes", "format": "webm" }),
            "invalid_field",
        ),
        (
            json!({ "transcribe": true, "format": "flac" }),
            "invalid_field",
        ),
        (
            json!({ "transcribe": true, "format": "../x" }),
            "invalid_field",
        ),
        (json!({ "transcribe": true, "format": 7 }), "invalid_field"),
        (json!({ "format": "WEBM" }), "invalid_field"),
    ] {
        let mut frame = frame;
        frame["type"] = json!("audio.start");
        assert_eq!(
            client.request(frame.clone()).await["error"],
            error,
            "{frame}"
        );
    }
    let mut chats = setting.world.join_as("bob", "channel=chats").await;
    assert_eq!(chats.request(start()).await["error"], "forbidden");
}
