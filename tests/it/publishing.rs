//! The examples of docs/publishing.md do what it says, with `dev` and the packages that it names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use tokio::time::timeout;

use crate::readme::{curl_examples, matches, run_curl};
use crate::support::dev::FREE_PORTS;
use crate::support::{Answer, Dev, Socket, client_scripts, fresh_folder};

const DOCUMENT: &str = include_str!("../../docs/publishing.md");
/// Long enough for a busy machine; no test measures time with it.
const TIMEOUT: Duration = Duration::from_secs(120);

/// The code blocks in this language.
fn blocks(language: &str) -> Vec<&'static str> {
    let opening = format!("\n```{language}\n");
    let blocks = DOCUMENT.split(opening.as_str()).skip(1);
    blocks
        .map(|rest| rest.split_once("\n```").unwrap().0)
        .collect()
}

/// Writes each example that names its file into a folder.
fn extract(language: &str, comment: &str) -> PathBuf {
    let folder = fresh_folder();
    for code in blocks(language) {
        let first_line = code.lines().next().unwrap();
        let name = first_line.strip_prefix(comment).expect("it names no file");
        let file = folder.join(name.trim());
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, format!("{code}\n")).unwrap();
    }
    folder
}

/// What a user of an organisation hears.
struct Listener(Socket);

impl Listener {
    async fn join(dev: &Dev, query: &str) -> Self {
        let http = SharedHttpClient::new().client().unwrap();
        let call = http.get(format!("{}/api/negotiate?{query}", dev.base));
        let negotiated = Answer::of(call.bearer_auth(&dev.api_token)).await.ok();
        let url = negotiated["url"].as_str().unwrap();
        Self(Socket::dial(url).await.unwrap())
    }

    async fn user_123(dev: &Dev) -> Self {
        Self::join(
            dev,
            "channel=notifications&org_id=org-123&username=user-123",
        )
        .await
    }

    /// The next so many, greetings left out, by their titles and types: a queue keeps no order.
    async fn hears(&mut self, count: usize) -> Vec<Value> {
        let hearing = async {
            let mut heard = Vec::new();
            while heard.len() < count {
                let frame = self.0.next_frame().await;
                if frame["type"] == "notification" || frame["type"] == "event" {
                    heard.push(frame);
                }
            }
            heard
        };
        let mut heard = timeout(TIMEOUT, hearing).await.expect("not heard");
        heard.sort_by_key(|frame| name(frame).to_owned());
        heard
    }
}

fn name(frame: &Value) -> &str {
    let title = frame["notification"]["title"].as_str();
    title.or(frame["event_type"].as_str()).unwrap()
}

/// Runs a script with the storage account that `dev` printed.
async fn run(dev: &Dev, folder: &Path, script: &str) -> Vec<u8> {
    let mut command = client_scripts().await.command(script);
    command
        .arg(folder)
        .env("SWITCHBOARD_STORAGE", dev.storage());
    let output = tokio::task::spawn_blocking(move || Command::output(&mut command).unwrap());
    let output = output.await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    output.stdout
}

#[tokio::test]
async fn the_curl_examples_reach_their_listeners() {
    let dev = Dev::start("publishing-curl", &FREE_PORTS).await;
    let mut listener = Listener::user_123(&dev).await;
    let examples = curl_examples(DOCUMENT);
    assert_eq!(examples.len(), 2);

    for (arguments, printed) in examples {
        let seen = run_curl(&dev, arguments);
        assert!(matches(&printed, &seen), "{seen}");
    }

    let heard = listener.hears(2).await;
    assert_eq!(name(&heard[0]), "New Message");
    assert_eq!(name(&heard[1]), "user.joined");
    let joined = json!({ "user_id": "user-456", "user_email": "newuser@example.com" });
    assert_eq!(heard[1]["data"], joined);
}

#[tokio::test]
async fn the_python_examples_reach_their_listeners() {
    let dev = Dev::start("publishing-python", &FREE_PORTS).await;
    let mut listener = Listener::user_123(&dev).await;
    let folder = extract("python", "# ");
    let models = include_str!("clients/publishing_models.py");
    fs::write(folder.join("api/models.py"), models).unwrap();
    fs::write(folder.join("api/__init__.py"), "").unwrap();

    // It hears meanwhile, since the service closes a connection that answers no pings.
    let running = run(&dev, &folder, "publishing.py");
    let (saved, mut heard) = tokio::join!(running, listener.hears(4));

    let saved: Value = serde_json::from_slice(&saved).unwrap();
    let names: Vec<_> = heard.iter().map(name).collect();
    let expected = [
        "Document Processed",
        "New Message",
        "document.processed",
        "resource.created",
    ];
    assert_eq!(names, expected);
    let notification = &heard[0]["notification"];
    assert_eq!(
        notification["body"],
        "Document doc-1 has been processed successfully"
    );
    assert_eq!(heard[1]["notification"]["link"], "/messages/456");
    let document = heard[2]["data"].as_object_mut().unwrap();
    assert!(document.remove("timestamp").is_some());
    let processed = json!({ "document_id": "doc-1", "processed_by": "user-123" });
    assert_eq!(heard[2]["data"], processed);
    let resource = json!({
        "resource_id": saved["resource_id"],
        "resource_name": "Plans",
        "created_at": saved["created_at"],
    });
    assert_eq!(heard[3]["data"], resource);
}

#[tokio::test]
async fn the_node_example_reaches_its_listeners() {
    let dev = Dev::start("publishing-node", &FREE_PORTS).await;
    let mut listener = Listener::user_123(&dev).await;
    let folder = extract("js", "// ");
    let packages = client_scripts().await.home().join("node_modules");
    std::os::unix::fs::symlink(packages, folder.join("node_modules")).unwrap();

    run(&dev, &folder, folder.join("export.mjs").to_str().unwrap()).await;

    let heard = listener.hears(2).await;
    let printed = blocks("json").into_iter().rev().take(2);
    let mut printed: Vec<Value> = printed
        .map(|text| serde_json::from_str(text).unwrap())
        .collect();
    printed.reverse();
    for (printed, seen) in printed.iter().zip(&heard) {
        assert!(matches(printed, seen), "{printed}\n{seen}");
    }
}
