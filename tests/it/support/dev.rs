//! `switchboard dev` as a child process.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use reqwest::Method;
use serde_json::Value;
use switchboard::azure::http_client::SharedHttpClient;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::Answer;

/// Long enough for a busy machine; no test measures time with it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Arguments with which many can run at once.
pub(crate) const FREE_PORTS: [&str; 4] = ["--port", "0", "--emulator-port", "0"];

/// `switchboard dev` in a folder of its own, as a newcomer starts it.
pub(crate) struct Dev {
    pub(crate) base: String,
    pub(crate) emulator: String,
    pub(crate) api_token: String,
    pub(crate) folder: PathBuf,
    child: Child,
    lines: UnboundedReceiver<String>,
    /// All lines printed so far.
    pub(crate) printed: Vec<String>,
}

impl Dev {
    pub(crate) async fn start(name: &str, arguments: &[&str]) -> Self {
        let folder = app_folder(name);
        Self::start_in(folder, arguments).await
    }

    pub(crate) async fn start_in(folder: PathBuf, arguments: &[&str]) -> Self {
        Self::start_with(folder, arguments, &[]).await
    }

    /// With variables added to the environment.
    pub(crate) async fn start_with(
        folder: PathBuf,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> Self {
        let mut child = command(&folder, arguments)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = read_lines(child.stdout.take().unwrap());
        let mut dev = Self {
            base: String::new(),
            emulator: String::new(),
            api_token: String::new(),
            folder,
            child,
            lines,
            printed: Vec::new(),
        };
        dev.wait_for_line("ready").await;
        let functions = dev.printed_after("Functions");
        dev.base = functions.strip_suffix("/api/negotiate").unwrap().to_owned();
        dev.emulator = dev.printed_after("Web PubSub").to_owned();
        dev.api_token = dev.printed_after("API token").to_owned();
        dev
    }

    /// The address of the emulator.
    pub(crate) fn emulator_address(&self) -> String {
        let endpoint = self.emulator.split(';').next().unwrap();
        endpoint.strip_prefix("Endpoint=").unwrap().to_owned()
    }

    /// Reads output until a line begins like this.
    pub(crate) async fn wait_for_line(&mut self, beginning: &str) -> String {
        self.wait_for(beginning, |line| line.trim_start().starts_with(beginning))
            .await
    }

    /// Reads output until a line contains this, unless one did already.
    pub(crate) async fn wait_until_printed(&mut self, text: &str) {
        if !self.printed.iter().any(|line| line.contains(text)) {
            self.wait_for(text, |line| line.contains(text)).await;
        }
    }

    async fn wait_for(&mut self, what: &str, is_it: impl Fn(&str) -> bool) -> String {
        let reading = async {
            while let Some(line) = self.lines.recv().await {
                self.printed.push(line.clone());
                if is_it(&line) {
                    return line;
                }
            }
            panic!("ended without {what:?}: {:?}", self.printed);
        };
        timeout(TIMEOUT, reading)
            .await
            .unwrap_or_else(|_| panic!("never printed {what:?}"))
    }

    /// The connection string of the local storage account.
    pub(crate) fn storage(&self) -> &str {
        self.printed_after("Storage")
    }

    fn printed_after(&self, label: &str) -> &str {
        let line = self
            .printed
            .iter()
            .find_map(|line| line.trim_start().strip_prefix(label));
        line.unwrap_or_else(|| panic!("no {label}: {:?}", self.printed))
            .trim()
    }

    /// Calls with the API token, as a back end does.
    pub(crate) async fn back_end(&self, method: Method, path: &str, body: &Value) -> Answer {
        let http = SharedHttpClient::new().client().unwrap();
        let call = http.request(method, format!("{}{path}", self.base));
        let call = call.bearer_auth(&self.api_token).body(body.to_string());
        Answer::of(call).await
    }

    /// All lines until the program ends.
    pub(crate) async fn read_to_end(&mut self) -> Vec<String> {
        while let Some(line) = self.lines.recv().await {
            self.printed.push(line);
        }
        std::mem::take(&mut self.printed)
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, String) {
        let http = SharedHttpClient::new().client().unwrap();
        let answer = http
            .get(format!("{}{path}", self.base))
            .send()
            .await
            .unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub(crate) async fn negotiate(&self, query: &str) -> Value {
        let (status, body) = self.get(&format!("/api/negotiate?{query}")).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }

    /// The handler's process: the only child.
    pub(crate) fn handler(&self) -> u32 {
        let parent = self.child.id().unwrap();
        let children = children_of(parent);
        assert_eq!(children.len(), 1, "{children:?}");
        children[0]
    }

    pub(crate) fn kill_handler(&self) {
        signal("-KILL", self.handler());
    }

    /// Sends SIGINT, as Ctrl-C does.
    pub(crate) async fn interrupt(&mut self) -> ExitStatus {
        signal("-INT", self.child.id().unwrap());
        self.wait().await
    }

    /// Sends SIGKILL, as the system does when memory runs out.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    pub(crate) async fn wait(&mut self) -> ExitStatus {
        timeout(TIMEOUT, self.child.wait())
            .await
            .expect("still running")
            .unwrap()
    }
}

/// Keeps reading the output, or the pipe fills up and blocks the program.
fn read_lines(printed: ChildStdout) -> UnboundedReceiver<String> {
    let (sender, receiver) = unbounded_channel();
    tokio::spawn(async move {
        let mut lines = BufReader::new(printed).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}

pub(crate) fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command
        .current_dir(folder)
        .arg("dev")
        .args(arguments)
        .kill_on_drop(true);
    command
}

/// A fresh folder with the app's files.
pub(crate) fn app_folder(name: &str) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("dev-{name}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    fs::copy(source.join("host.json"), folder.join("host.json")).unwrap();
    for function in crate::functions::all(source) {
        let path = Path::new(&function.name).join("function.json");
        fs::create_dir(folder.join(&function.name)).unwrap();
        fs::copy(source.join(&path), folder.join(&path)).unwrap();
    }
    folder
}

pub(crate) fn children_of(parent: u32) -> Vec<u32> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id: &u32| {
        let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
                .unwrap_or_default()
        };
        field("PPid:") == parent.to_string() && !field("State:").starts_with('Z')
    })
    .collect()
}

fn signal(signal: &str, process: u32) {
    let status = std::process::Command::new("kill")
        .arg(signal)
        .arg(process.to_string())
        .status();
    assert!(status.unwrap().success());
}
