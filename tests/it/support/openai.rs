//! aimock, which stands for Azure OpenAI, as a child process.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use testkit::Scripts;

pub(crate) const OPENAI_KEY: &str = "the-openai-key-of-the-tests";

/// The service. It ends with the process that started it.
struct Service {
    url: String,
    _child: Child,
    _stdin: ChildStdin,
}

/// A deployment that no other test uses.
pub(crate) struct OpenAi {
    pub(crate) url: String,
    pub(crate) deployment: String,
}

impl OpenAi {
    pub(crate) async fn start() -> Self {
        static SHARED: OnceLock<Service> = OnceLock::new();
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let started =
            tokio::task::spawn_blocking(|| SHARED.get_or_init(Service::start).url.clone());
        Self {
            url: started.await.unwrap(),
            deployment: format!("model-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        }
    }

    /// Where the deployment is, for the handler.
    pub(crate) fn settings(&self) -> Vec<(&str, &str)> {
        vec![
            ("AZURE_OPENAI_ENDPOINT", &self.url),
            ("AZURE_OPENAI_KEY", OPENAI_KEY),
            ("AZURE_OPENAI_DEPLOYMENT_NAME", &self.deployment),
        ]
    }

    /// What it responds to questions that contain `text`. Of two that match, the first counts.
    pub(crate) async fn responds(&self, text: &str, response: Value) {
        self.responds_with(text, response, json!({})).await;
    }

    /// With aimock's options: `latency` of each piece, `chunkSize`, `truncateAfterChunks` …
    pub(crate) async fn responds_with(&self, text: &str, response: Value, options: Value) {
        let mut fixture = json!({
            "match": { "model": self.deployment, "userMessage": text },
            "response": response,
        });
        let options = options.as_object().unwrap().clone();
        fixture.as_object_mut().unwrap().extend(options);
        self.add(fixture).await;
    }

    /// What it responds to a recording.
    pub(crate) async fn responds_to_audio(&self, response: Value) {
        let matched = json!({ "model": self.deployment, "endpoint": "transcription" });
        self.add(json!({ "match": matched, "response": response }))
            .await;
    }

    async fn add(&self, fixture: Value) {
        let http = SharedHttpClient::new().client().unwrap();
        let adding = http.post(format!("{}/__aimock/fixtures", self.url));
        let added = adding.json(&json!({ "fixtures": [fixture] })).send().await;
        let added = added.unwrap();
        assert_eq!(added.status(), 200, "{}", added.text().await.unwrap());
    }

    /// The bodies of the requests so far.
    pub(crate) async fn requests(&self) -> Vec<Value> {
        let entries = self.journal().await.into_iter();
        entries.map(|entry| entry["body"].clone()).collect()
    }

    /// The requests so far, with their headers.
    pub(crate) async fn journal(&self) -> Vec<Value> {
        let http = SharedHttpClient::new().client().unwrap();
        let journal = http.get(format!("{}/__aimock/journal", self.url));
        let entries: Vec<Value> = journal.send().await.unwrap().json().await.unwrap();
        let path = format!("/deployments/{}/", self.deployment);
        let is_ours = |entry: &Value| entry["path"].as_str().unwrap().contains(&path);
        entries.into_iter().filter(is_ours).collect()
    }
}

impl Service {
    fn start() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/openai");
        let scripts = Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR")));
        let scripts = scripts.unwrap_or_else(|error| panic!("{error}"));
        let mut child = scripts
            .command("start.mjs")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines.next().expect("aimock ended; its output says why");
        Self {
            url: url.unwrap(),
            _child: child,
            _stdin: stdin,
        }
    }
}
