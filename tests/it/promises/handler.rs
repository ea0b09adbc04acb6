use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::{Place, Service};
use crate::support::TestApp;

/// `switchboard serve`, as the Functions host starts it.
pub(super) struct Handler {
    pub(super) base: String,
    child: Child,
    said: JoinHandle<Vec<String>>,
}

impl Handler {
    pub(super) async fn start(service: &Service, place: &Place) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_switchboard"))
            .arg("serve")
            .env_clear()
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", "0")
            .env(
                "AZURE_WEB_PUBSUB_CONNECTION_STRING",
                service.connection_string(),
            )
            .env("ALLOW_ANONYMOUS", "true")
            .env("RATE_LIMIT_FRAMES", "0")
            .env("API_TOKEN", TestApp::API_TOKEN)
            .envs(place.settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let listens = lines.next_line().await.unwrap().expect("it ended at once");
        let (_, address) = listens.rsplit_once(' ').unwrap();
        let base = format!("http://{address}");
        // Somebody has to read on, or the pipe fills and the handler waits for ever.
        let said = tokio::spawn(async move {
            let mut said = Vec::new();
            while let Ok(Some(line)) = lines.next_line().await {
                said.push(line);
            }
            said
        });
        Self { base, child, said }
    }

    pub(super) async fn start_many(service: &Service, place: &Place, count: usize) -> Vec<Self> {
        let starting = (0..count).map(|_| Self::start(service, place));
        futures_util::future::join_all(starting).await
    }

    /// SIGKILL. What it said comes back.
    pub(super) async fn killed(mut self) -> Vec<String> {
        self.child.start_kill().unwrap();
        self.child.wait().await.unwrap();
        self.said.await.unwrap()
    }

    /// SIGTERM, and until it is through.
    pub(super) async fn drained(mut self) -> Said {
        signal("TERM", self.child.id().unwrap());
        self.child.wait().await.unwrap();
        Said(self.said.await.unwrap())
    }
}

pub(super) fn signal(signal: &str, process: u32) {
    let status = std::process::Command::new("kill")
        .arg(format!("-{signal}"))
        .arg(process.to_string())
        .status();
    assert!(status.unwrap().success());
}

/// What a handler logged.
pub(super) struct Said(pub(super) Vec<String>);

impl Said {
    /// How many of its writes met another instance's.
    pub(super) fn lost_races(&self) -> u64 {
        let drained = self
            .0
            .iter()
            .find_map(|line| line.split_once("drained; ")?.1.split(' ').next());
        drained
            .unwrap_or_else(|| panic!("{:?}", self.0))
            .parse()
            .unwrap()
    }

    #[track_caller]
    pub(super) fn assert_no_complaints(&self) {
        let bad = |line: &&String| line.contains("ERROR") || line.contains("WARN");
        let complaints: Vec<_> = self.0.iter().filter(bad).take(10).collect();
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}
