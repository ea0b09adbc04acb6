//! A handler in a process of its own.

use std::process::Stdio;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use super::{Service, StoreSettings};
use crate::support::{TestApp, program};

/// `switchboard serve`, as the Functions host starts it.
pub(super) struct Handler {
    pub(super) base: String,
    child: Child,
    log: JoinHandle<Vec<String>>,
}

impl Handler {
    pub(super) async fn start(service: &Service, store: &StoreSettings) -> Self {
        let mut child = Command::new(program::published_or_built())
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
            .envs(store.settings.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first_line = lines
            .next_line()
            .await
            .unwrap()
            .expect("the handler ended before it listened");
        let (_, address) = first_line.rsplit_once(' ').unwrap();
        let base = format!("http://{address}");
        // Keep reading, or the pipe fills up and blocks the handler.
        let log = tokio::spawn(async move {
            let mut log = Vec::new();
            while let Ok(Some(line)) = lines.next_line().await {
                log.push(line);
            }
            log
        });
        Self { base, child, log }
    }

    pub(super) async fn start_many(
        service: &Service,
        store: &StoreSettings,
        count: usize,
    ) -> Vec<Self> {
        let starting = (0..count).map(|_| Self::start(service, store));
        futures_util::future::join_all(starting).await
    }

    /// Sends SIGKILL and returns the log.
    pub(super) async fn kill(mut self) -> Vec<String> {
        self.child.start_kill().unwrap();
        self.child.wait().await.unwrap();
        self.log.await.unwrap()
    }

    /// Sends SIGTERM and waits until the handler has drained its work.
    pub(super) async fn shut_down(mut self) -> HandlerLog {
        signal("TERM", self.child.id().unwrap());
        self.child.wait().await.unwrap();
        HandlerLog(self.log.await.unwrap())
    }
}

pub(super) fn signal(signal: &str, process: u32) {
    let status = std::process::Command::new("kill")
        .arg(format!("-{signal}"))
        .arg(process.to_string())
        .status();
    assert!(status.unwrap().success());
}

/// The lines that a handler logged.
pub(super) struct HandlerLog(pub(super) Vec<String>);

impl HandlerLog {
    /// How many of its writes lost a race against another instance.
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
