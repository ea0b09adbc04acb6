//! From the first chunk of an audio stream to its transcript.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::{Setting, TASKS, chunk, end, start};

/// The next step that the audio server's document names first.
#[tokio::test]
async fn the_audio_servers_next_step_speech_to_text() {
    let setting = Setting::start().await;
    let text = json!({ "transcription": { "text": "Good morning." } });
    setting.openai.responds_to_audio(text).await;
    let mut alice = setting.alice().await;
    let mut other_page = setting.alice().await;

    let started = alice.request(start()).await;
    let first = alice
        .request(json!({ "type": "audio", "data": STANDARD.encode("Good "), "sequence": 1 }))
        .await;
    alice
        .request(json!({ "type": "audio", "data": STANDARD.encode("morning."), "sequence": 3 }))
        .await;
    let id = started["recordingId"].clone();
    assert_eq!(first["dataSize"], 5);
    assert_eq!(setting.kept(&id).await.unwrap(), b"Good morning.");
    let summary = alice.request(end()).await;

    assert_eq!(
        summary,
        json!({
            "type": "audio_summary", "chunks": 2, "bytes": 13, "missing": [2], "recordingId": id,
        })
    );
    let task = setting.account.takes(TASKS).await;
    assert_eq!(setting.trigger(&task, 1).await.status, 200);
    assert_eq!(
        alice.receive_type("audio_transcript").await,
        json!({ "type": "audio_transcript", "recordingId": id, "text": "Good morning." })
    );
    assert_eq!(setting.kept(&id).await, None);
    let others = other_page.drain().await;
    assert!(
        others
            .iter()
            .all(|frame| frame["type"] != "audio_transcript")
    );
    // Delivered again, it finds nothing to do.
    assert_eq!(setting.trigger(&task, 2).await.status, 200);
    assert_eq!(setting.openai.requests().await.len(), 1);
}

#[tokio::test]
async fn without_a_transcript_nothing_is_kept_and_a_start_begins_a_new_count() {
    let setting = Setting::start().await;
    let mut alice = setting.alice().await;

    alice.request(chunk(b"before")).await;
    let started = alice
        .request(json!({ "type": "audio.start", "format": "ogg" }))
        .await;
    alice.request(chunk(b"abc")).await;
    let summary = alice.request(end()).await;

    assert_eq!(started, json!({ "type": "audio_started" }));
    assert_eq!(
        summary,
        json!({ "type": "audio_summary", "chunks": 1, "bytes": 3, "missing": [] })
    );
}

#[tokio::test]
async fn a_repeated_event_does_nothing_twice() {
    let setting = Setting::start().await;
    let mut client = setting.client().await;
    let (before, frame) = (client.state.clone(), start().to_string());

    let one = client
        .event("message")
        .header("ce-id", "s")
        .text(frame.clone());
    let one = client.send_event(one).await;
    let after = std::mem::replace(&mut client.state, before);
    let two = client.event("message").header("ce-id", "s").text(frame);
    let two = client.send_event(two).await;
    assert_eq!(one["recordingId"], two["recordingId"]);
    client.state = after;

    let before = client.state.clone();
    client.request(chunk(b"abc")).await;
    client.state = before.clone();
    let again = client.request(chunk(b"abc")).await;
    assert_eq!(again["type"], "audio_received", "{again}");
    client.request(chunk(b"de")).await;
    assert_eq!(setting.kept(&one["recordingId"]).await.unwrap(), b"abcde");

    // With a state that is too old the place is wrong, and nothing is appended: neither a chunk of
    // another length nor one of the same length.
    client.state = before.clone();
    let refused = client.request(chunk(b"vwxyz")).await;
    assert_eq!(refused["error"], "unavailable");
    client.state = before;
    let refused = client.request(chunk(b"x")).await;
    assert_eq!(refused["error"], "unavailable");
    assert_eq!(setting.kept(&one["recordingId"]).await.unwrap(), b"abcde");
}

#[tokio::test]
async fn an_unfinished_recording_is_deleted() {
    let setting = Setting::start().await;
    let mut client = setting.client().await;

    let dropped = client.request(start()).await["recordingId"].clone();
    client.request(chunk(b"abc")).await;
    let second = client.request(start()).await["recordingId"].clone();
    client.request(chunk(b"def")).await;

    assert_eq!(setting.kept(&dropped).await, None);
    assert_eq!(setting.kept(&second).await.unwrap(), b"def");
    assert_eq!(client.event("disconnected").send().await.status, 200);
    assert_eq!(setting.kept(&second).await, None);
    // The service may say so twice, and of connections that record nothing.
    assert_eq!(client.event("disconnected").send().await.status, 200);
}

#[tokio::test]
async fn an_empty_recording_has_no_transcript() {
    let setting = Setting::start().await;
    let mut client = setting.client().await;

    let id = client.request(start()).await["recordingId"].clone();
    client.request(chunk(b"")).await;
    let summary = client.request(end()).await;

    assert_eq!(
        summary,
        json!({ "type": "audio_summary", "chunks": 1, "bytes": 0, "missing": [] })
    );
    assert_eq!(setting.kept(&id).await, None);
}
