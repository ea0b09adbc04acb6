//! Recordings and their transcripts: Azurite holds blobs and queue, aimock stands for Azure OpenAI,
//! and the test is the Functions host.

mod limits;
mod stream;
mod transcription;

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
