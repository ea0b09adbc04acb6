//! The worker that has recordings transcribed, and its failures.

use serde_json::{Value, json};

use super::{REFUSED, Setting, TASKS, chunk, end, start};
use crate::support::Fault;

#[tokio::test]
async fn a_recording_that_is_not_transcribed_has_an_error_and_is_deleted() {
    let error = |code: &str| json!({ "message": "hush-hush", "code": code });
    for (response, expected) in [
        (
            json!({ "error": error("content_filter"), "status": 400 }),
            "content_filtered",
        ),
        (
            json!({ "error": error("429"), "status": 429, "retryAfter": 21 }),
            "rate_limited",
        ),
        (
            json!({ "error": error("oops"), "status": 500 }),
            "unavailable",
        ),
    ] {
        let setting = Setting::start().await;
        setting.openai.responds_to_audio(response).await;
        let mut alice = setting.alice().await;
        let (id, task) = setting.record(&mut alice).await;

        assert_eq!(setting.trigger(&task, 1).await.status, 200);

        assert_eq!(
            alice.receive_type("audio_transcript").await,
            json!({ "type": "audio_transcript", "recordingId": id, "error": expected })
        );
        assert_eq!(setting.kept(&id).await, None);
    }
}

#[tokio::test]
async fn a_recording_that_cannot_be_read_has_an_error_after_the_fifth_attempt() {
    let (setting, blobs) = Setting::behind_blob_proxy().await;
    let mut alice = setting.alice().await;
    let (id, task) = setting.record(&mut alice).await;
    blobs.always(Some(REFUSED));

    for attempt in 1..5 {
        assert_eq!(setting.trigger(&task, attempt).await.status, 500);
    }
    assert_eq!(setting.trigger(&task, 5).await.status, 200);

    assert_eq!(
        alice.receive_type("audio_transcript").await,
        json!({ "type": "audio_transcript", "recordingId": id, "error": "unavailable" })
    );
    assert_eq!(setting.openai.requests().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_recording_whose_task_is_not_queued_is_ended_again() {
    let (setting, queues) = Setting::behind_queue_proxy().await;
    let text = json!({ "transcription": { "text": "Good morning." } });
    setting.openai.responds_to_audio(text).await;
    let mut alice = setting.alice().await;
    let started = alice.request(start()).await;
    alice.request(chunk(b"abc")).await;

    queues.always(Some(REFUSED));
    let failed = alice.request(end()).await;
    queues.always(None);
    let summary = alice.request(end()).await;

    assert_eq!(failed["error"], "unavailable");
    assert_eq!(summary["recordingId"], started["recordingId"]);
    assert_eq!(summary["bytes"], 3);
    let task = setting.account.takes(TASKS).await;
    assert_eq!(setting.trigger(&task, 1).await.status, 200);
    let transcript = alice.receive_type("audio_transcript").await;
    assert_eq!(transcript["text"], "Good morning.");
}

#[tokio::test]
async fn an_answer_that_is_no_transcript_is_an_error() {
    let (setting, proxy) = Setting::behind_proxy().await;
    let mut alice = setting.alice().await;
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"text\":7}",
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: 0\r\n\r\n",
    ] {
        let (id, task) = setting.record(&mut alice).await;
        proxy.then(Fault::Answer(answer));
        assert_eq!(setting.trigger(&task, 1).await.status, 200);

        let transcript = alice.receive_type("audio_transcript").await;
        assert_eq!(transcript["recordingId"], id);
        assert_eq!(transcript["error"], "unavailable", "{answer}");
    }
}

#[tokio::test]
async fn a_killed_worker_is_followed_by_the_next() {
    let (setting, proxy) = Setting::behind_proxy().await;
    let text = json!({ "transcription": { "text": "Good morning." } });
    setting.openai.responds_to_audio(text).await;
    let mut alice = setting.alice().await;
    let (id, task) = setting.record(&mut alice).await;
    proxy.then(Fault::Silence);

    // The host kills a worker with its call.
    let asked = async {
        while proxy.requests().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        _ = setting.trigger(&task, 1) => panic!("it is answered"),
        () = asked => {}
    }
    assert_eq!(setting.kept(&id).await.unwrap(), b"abc");
    assert_eq!(setting.trigger(&task, 2).await.status, 200);

    let transcript = alice.receive_type("audio_transcript").await;
    assert_eq!(transcript["text"], "Good morning.");
    assert_eq!(setting.kept(&id).await, None);
}

#[tokio::test]
async fn bad_tasks_can_never_succeed() {
    let setting = Setting::start().await;
    let id = "0197a4e5-0f4e-7c3e-8f1c-2d8b6b0f9a11";
    for recording in [
        "",
        "x",
        "../x.webm",
        id,
        &format!("{id}.exe"),
        &format!("{id}.webm/.."),
        "7.webm",
    ] {
        let task = json!({
            "kind": "transcribe", "recording": recording, "connection": "c", "user": "alice",
        });
        let answer = setting.trigger(&task.to_string(), 1).await;
        assert_eq!(answer.status, 500, "{recording}");
    }
    for task in [
        json!({ "kind": "transcribe" }),
        json!({ "kind": "transcribe", "recording": format!("{id}.webm"), "connection": "c" }),
        json!({ "kind": "transcribe", "recording": format!("{id}.webm"), "connection": 7, "user": "a" }),
        json!({ "kind": "transcribe", "recording": format!("{id}.webm"), "connection": "c", "user": "" }),
    ] {
        assert_eq!(
            setting.trigger(&task.to_string(), 1).await.status,
            500,
            "{task}"
        );
    }
    // What is valid and means nothing is done.
    let gone = json!({
        "kind": "transcribe", "recording": format!("{id}.webm"), "connection": "c", "user": "alice",
    });
    assert_eq!(setting.trigger(&gone.to_string(), 3).await.status, 200);
}
