//! The program `functions-devhost`.

use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};

use crate::support::{Folder, TIMEOUT};

/// An app without a storage account: one function fills a queue, another one reads it.
fn app() -> Folder {
    let folder = Folder::with_handler(json!({}));
    folder.http("self", "self/{name}");
    folder.function(
        "queue_fn",
        json!([
            { "type": "queueTrigger", "direction": "in", "name": "msg", "queueName": "inbox" },
            { "type": "queue", "direction": "out", "name": "out", "queueName": "out" },
        ]),
    );
    let trigger = json!({ "type": "queueTrigger", "name": "copy", "queueName": "out" });
    folder.function("reader", json!([trigger]));
    folder
}

/// Stopped by a signal when it is dropped, so that it stops its handler too.
struct Program {
    process: Child,
    lines: Lines<BufReader<ChildStderr>>,
    port: u16,
}

impl Program {
    async fn start(app: &Path, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_functions-devhost"))
            .arg("--app")
            .arg(app)
            .args(["--port", "0"])
            .args(arguments)
            .env_remove("AzureWebJobsStorage")
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let mut program = Self {
            process,
            lines,
            port: 0,
        };
        let line = program.line_with("http://localhost:").await;
        let (_, address) = line.split_once("http://localhost:").unwrap();
        program.port = address.split('/').next().unwrap().parse().unwrap();
        program.line_with("ready").await;
        program
    }

    async fn line_with(&mut self, text: &str) -> String {
        let found = async {
            loop {
                let line = self
                    .lines
                    .next_line()
                    .await
                    .unwrap()
                    .expect("the program ended");
                if line.contains(text) {
                    return line;
                }
            }
        };
        tokio::time::timeout(TIMEOUT, found).await.unwrap()
    }

    async fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if let Some(id) = self.process.id() {
            let mut stop = std::process::Command::new("kill");
            drop(stop.arg(id.to_string()).status());
        }
    }
}

#[tokio::test]
async fn an_app_without_a_storage_account_gets_one_with_queues() {
    let folder = app();
    let state = folder.path().join("state");
    let mut program = Program::start(folder.path(), &["--state", state.to_str().unwrap()]).await;

    let fired = program.ask(
        "POST",
        "/admin/functions/queue_fn",
        "{\"input\": \"copy me\"}",
    );
    let fired = fired.await;

    assert!(fired.starts_with("HTTP/1.1 202 "), "{fired}");
    program.line_with("reader succeeded").await;
    let journal = std::fs::read_to_string(state.join("storage/queues.journal")).unwrap();
    assert!(journal.contains("{\"Queue\":[\"out\",{}]}"), "{journal}");
}

#[tokio::test]
async fn with_no_storage_the_app_gets_no_storage_account() {
    let folder = app();
    let with = Program::start(folder.path(), &[]).await;
    let without = Program::start(folder.path(), &["--no-storage"]).await;

    let [given, not_given] = [
        with.ask("GET", "/api/self/x", "").await,
        without.ask("GET", "/api/self/x", "").await,
    ];

    assert!(given.contains("QueueEndpoint=http://127.0.0.1:"), "{given}");
    assert!(!not_given.contains("AzureWebJobsStorage"), "{not_given}");
}

#[tokio::test]
async fn verbose_shows_headers() {
    let folder = app();
    let mut program = Program::start(folder.path(), &["--verbose"]).await;

    program.ask("GET", "/api/self/x?code=abc", "").await;

    program.line_with("200 GET /api/self/x ").await;
    program.line_with("> Host: localhost").await;
    program.line_with("< Content-Type: application/json").await;
}

#[tokio::test]
async fn a_changed_app_is_restarted_and_a_broken_one_waits_for_the_next_change() {
    let folder = app();
    let mut program = Program::start(folder.path(), &[]).await;

    folder.write("late/function.json", "{");
    program.line_with("error:").await;
    folder.http("late", "late");
    program.line_with("ready").await;

    let answer = program.ask("GET", "/api/late", "").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}
