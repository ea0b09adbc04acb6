//! Azurite, an emulator of Azure storage, and Microsoft's client to use it.

use std::path::Path;
use std::process::Stdio;

use testkit::Scripts;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// The key of the account that every storage emulator has; it is public.
pub(crate) const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A queue service. It ends when its standard input does.
pub(crate) struct Azurite {
    scripts: Scripts,
    pub(crate) connection: String,
    _service: Child,
    _stdin: ChildStdin,
}

impl Azurite {
    pub(crate) async fn start() -> Self {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/azurite");
        let scripts = tokio::task::spawn_blocking(move || {
            Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
        });
        let scripts = scripts.await.unwrap();
        let mut command = Command::from(scripts.command("start.mjs"));
        let mut process = command
            .arg("queue")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = process.stdin.take().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
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
            _service: process,
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

    pub(crate) async fn put(&self, queue: &str, text: &str) {
        self.client(&["put", queue, text]).await;
    }

    pub(crate) async fn messages(&self, queue: &str) -> Vec<String> {
        serde_json::from_str(&self.client(&["peek", queue]).await).unwrap()
    }
}
