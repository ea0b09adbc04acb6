//! Recordings and their transcripts: Azurite holds blobs and queue, aimock stands for Azure OpenAI,
//! and the test is the Functions host.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::azure::managed_identity::ManagedIdentities;
use switchboard::azure::storage_account::blob::BlobContainer;
use switchboard::clock::Clock;
use switchboard::config::Listen;

use crate::support::{
    Account, Answer, Azurite, Client, Fault, OpenAi, Proxy, Socket, TestApp, World,
};

const TASKS: &str = "switchboard-assistant";
/// By the storage account.
const REFUSED: Fault = Fault::Answer("HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n");

struct Setting {
    world: World,
    account: Account,
    openai: OpenAi,
}

impl Setting {
    async fn start() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: &[(&str, &str)]) -> Self {
        let openai = OpenAi::start().await;
        Self::of(openai, settings).await
    }

    async fn of(openai: OpenAi, settings: &[(&str, &str)]) -> Self {
        let account = Azurite::shared().await.account();
        let storage = account.connection_string();
        Self::at(openai, account, &storage, settings).await
    }

    /// `storage` leads to `account`.
    async fn at(
        openai: OpenAi,
        account: Account,
        storage: &str,
        settings: &[(&str, &str)],
    ) -> Self {
        let mut all = vec![("AzureWebJobsStorage", storage)];
        all.extend(openai.settings());
        all.push(("AZURE_OPENAI_TRANSCRIBE_DEPLOYMENT", &openai.deployment));
        all.extend_from_slice(settings);
        let world = World::started_by(Listen::Functions(0), &all).await;
        Self {
            world,
            account,
            openai,
        }
    }

    /// With a proxy before the service.
    async fn behind_proxy() -> (Self, Proxy) {
        let openai = OpenAi::start().await;
        let proxy = Proxy::to(openai.url.trim_start_matches("http://")).await;
        let endpoint = format!("http://{}", proxy.address);
        let setting = Self::of(openai, &[("AZURE_OPENAI_ENDPOINT", &endpoint)]).await;
        (setting, proxy)
    }

    /// With a proxy before the blobs.
    async fn behind_blob_proxy() -> (Self, Proxy) {
        let account = Azurite::shared().await.account();
        let proxy = Proxy::to(account.blobs()).await;
        let storage = account.clone().with_blobs_at(&proxy.address);
        let (openai, storage) = (OpenAi::start().await, storage.connection_string());
        (Self::at(openai, account, &storage, &[]).await, proxy)
    }

    /// With a proxy before the queues.
    async fn behind_queue_proxy() -> (Self, Proxy) {
        let account = Azurite::shared().await.account();
        let proxy = Proxy::to(account.queues()).await;
        let storage = account.clone().with_queues_at(&proxy.address);
        let (openai, storage) = (OpenAi::start().await, storage.connection_string());
        (Self::at(openai, account, &storage, &[]).await, proxy)
    }

    fn app(&self) -> &TestApp {
        &self.world.app
    }

    async fn alice(&self) -> Socket {
        self.world.join_as("alice", "channel=audio").await
    }

    /// A client whose events the test sends itself.
    async fn client(&self) -> Client<'_> {
        let token = self.app().token("alice", json!({}));
        let negotiated = self.app().negotiate_as(&token, "channel=audio").await;
        Client::connect(self.app(), negotiated).await
    }

    /// What is kept of a recording.
    async fn kept(&self, id: &Value) -> Option<Vec<u8>> {
        let http = SharedHttpClient::new();
        let identities = ManagedIdentities::new(http.clone());
        let account = self.account.settings();
        let name = "switchboard-recordings";
        let container =
            BlobContainer::new(&account, name, http, Clock::system(), &identities).unwrap();
        let blob = format!("{}.webm", id.as_str().unwrap());
        let content = container.content(&blob).await.unwrap();
        content.map(|bytes| bytes.to_vec())
    }

    async fn trigger(&self, task: &str, dequeue_count: u32) -> Answer {
        self.app().trigger("assistant", task, dequeue_count).await
    }

    /// Records three bytes, and returns the recording's id and its task.
    async fn record(&self, socket: &mut Socket) -> (Value, String) {
        let started = socket.request(start()).await;
        assert_eq!(started["type"], "audio_started", "{started}");
        socket.request(chunk(b"abc")).await;
        let summary = socket.request(end()).await;
        assert_eq!(summary["recordingId"], started["recordingId"]);
        (
            started["recordingId"].clone(),
            self.account.takes(TASKS).await,
        )
    }
}

fn start() -> Value {
    json!({ "type": "audio.start", "transcribe": true, "format": "webm" })
}

fn chunk(data: &[u8]) -> Value {
    json!({ "type": "audio", "data": STANDARD.encode(data) })
}

fn end() -> Value {
    json!({ "type": "audio.end" })
}

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
