//! Azurite, Microsoft's own emulator, to compare answers with.

use std::path::Path;
use std::process::Stdio;

use testkit::Scripts;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};

/// The key of the account that every storage emulator has; it is public.
const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// One of Azurite's services. It ends when its standard input does.
pub(crate) struct Azurite {
    pub(crate) connection: String,
    _process: Child,
    _stdin: ChildStdin,
}

impl Azurite {
    pub(crate) async fn blobs() -> Self {
        Self::start("blob", "BlobEndpoint").await
    }

    pub(crate) async fn queues() -> Self {
        Self::start("queue", "QueueEndpoint").await
    }

    async fn start(service: &str, setting: &str) -> Self {
        let mut command = Command::from(scripts().await.command("azurite.mjs"));
        let mut process = command
            .arg(service)
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
             {setting}={endpoint}/devstoreaccount1;"
        );
        Self {
            connection,
            _process: process,
            _stdin: stdin,
        }
    }
}

/// The scripts in `tests/clients`, with their packages installed.
pub(crate) async fn scripts() -> Scripts {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients");
    let scripts = tokio::task::spawn_blocking(move || {
        Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR"))).unwrap()
    });
    scripts.await.unwrap()
}
