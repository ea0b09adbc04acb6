//! Storage queues, against Azurite; Microsoft's own client puts messages in and looks at them.

use std::path::Path;
use std::process::Stdio;

use devhost::{Fate, HostEvent};
use serde_json::{Value, json};
use testkit::Scripts;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

use crate::support::{Folder, Running};

/// Known to everyone: the account every storage emulator has.
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A queue service of the test's own; it ends when its standard input does.
struct Azurite {
    scripts: Scripts,
    connection: String,
    _service: Child,
    _stdin: ChildStdin,
}

impl Azurite {
    async fn start() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/azurite");
        let scripts = tokio::task::spawn_blocking(move || {
            Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
        });
        let scripts = scripts.await.unwrap();
        let mut command = Command::from(scripts.command("start.mjs"));
        let mut service = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = service.stdin.take().unwrap();
        let mut lines = BufReader::new(service.stdout.take().unwrap()).lines();
        let endpoint = loop {
            let line = lines.next_line().await.unwrap().expect("Azurite ended");
            if let Some((_, endpoint)) = line.split_once("successfully listens on ") {
                break endpoint.to_owned();
            }
        };
        let connection = format!(
            "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={KEY};\
             QueueEndpoint={endpoint}/devstoreaccount1;"
        );
        Self {
            scripts,
            connection,
            _service: service,
            _stdin: stdin,
        }
    }

    async fn client(&self, arguments: &[&str]) -> String {
        let mut command = Command::from(self.scripts.command("queue.mjs"));
        let output = command
            .args(arguments)
            .env("STORAGE", &self.connection)
            .output()
            .await
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    async fn put(&self, queue: &str, text: &str) {
        self.client(&["put", queue, text]).await;
    }

    async fn messages(&self, queue: &str) -> Vec<String> {
        serde_json::from_str(&self.client(&["peek", queue]).await).unwrap()
    }

    async fn run(&self, name: &str, queues: Value) -> Running {
        let mut queues = queues;
        queues["maxPollingInterval"] = "00:00:00.1".into();
        let folder = Folder::with_handler(name, json!({ "extensions": { "queues": queues } }));
        folder.function(
            "queue_fn",
            json!([
                { "type": "queueTrigger", "direction": "in", "name": "msg", "queueName": "Inbox", "connection": "Storage" },
                { "type": "queue", "direction": "out", "name": "out", "queueName": "out", "connection": "Storage" },
            ]),
        );
        folder
            .run_with_settings(&[("Storage", &self.connection)])
            .await
    }
}

async fn fate(host: &mut Running) -> Fate {
    host.next(|event| match event {
        HostEvent::Message { fate, .. } => Some(fate),
        _ => None,
    })
    .await
}

const TEXT: &str = "hello, wörld & <you>";

fn base64(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[tokio::test]
async fn a_message_sets_its_function_off_and_is_gone() {
    let azurite = Azurite::start().await;
    azurite.put("inbox", &base64(TEXT)).await;

    let mut host = azurite.run("queue_message", json!({})).await;

    assert_eq!(fate(&mut host).await, Fate::Deleted);
    assert_eq!(azurite.messages("inbox").await, [""; 0]);
}

#[tokio::test]
async fn an_output_creates_and_fills_its_queue() {
    let azurite = Azurite::start().await;
    azurite.put("inbox", "copy me").await;

    let mut host = azurite
        .run("queue_output", json!({ "messageEncoding": "none" }))
        .await;

    assert_eq!(fate(&mut host).await, Fate::Deleted);
    assert_eq!(
        azurite.messages("out").await,
        ["{\n  \"copied\": \"copy me\"\n}"]
    );
}

#[tokio::test]
async fn a_message_that_keeps_failing_ends_in_the_poison_queue() {
    let azurite = Azurite::start().await;
    azurite.put("inbox", &base64("fail")).await;

    let mut host = azurite
        .run("queue_poison", json!({ "maxDequeueCount": 3 }))
        .await;

    for expected in [Fate::Returned, Fate::Returned, Fate::Poisoned] {
        assert_eq!(fate(&mut host).await, expected);
    }
    assert_eq!(azurite.messages("inbox").await, [""; 0]);
    assert_eq!(azurite.messages("inbox-poison").await, [base64("fail")]);
}

#[tokio::test]
async fn a_message_in_plain_text_is_poison_where_base64_is_expected() {
    let azurite = Azurite::start().await;
    azurite.put("inbox", "{\"plain\": true}").await;

    let mut host = azurite.run("queue_plain", json!({})).await;

    assert_eq!(fate(&mut host).await, Fate::Poisoned);
    assert_eq!(
        azurite.messages("inbox-poison").await,
        ["{\"plain\": true}"]
    );
}

#[tokio::test]
async fn a_service_that_is_not_there_is_told_of_once() {
    let folder = Folder::with_handler("queue_absent", json!({}));
    folder.function("q", json!([{ "type": "queueTrigger", "name": "msg", "queueName": "inbox", "connection": "Storage" }]));
    let nobody = format!("AccountName=a;AccountKey={KEY};QueueEndpoint=http://127.0.0.1:1/a");

    let mut host = folder.run_with_settings(&[("Storage", &nobody)]).await;

    let notice = host.next(|event| match event {
        HostEvent::Notice(notice) => Some(notice),
        _ => None,
    });
    assert!(
        notice
            .await
            .starts_with("queue inbox: the queue service cannot be reached")
    );
}
