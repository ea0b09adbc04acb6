//! The command `webpubsub-emulator`.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStderr, Command};

use crate::support::{Client, Handler, call, within};

struct Running {
    process: Child,
    endpoint: String,
    connection_string: String,
    /// Lines printed after the connection string.
    rest: Vec<String>,
}

fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webpubsub-emulator"));
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// Starts the command on a free port and reads what it prints.
async fn start(command: &mut Command) -> Running {
    let mut process = command.args(["--port", "0"]).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let mut line = async || within("a line", lines.next_line()).await.unwrap().unwrap();
    let endpoint = line().await.replace("Listening on ", "");
    assert_eq!(line().await, "Connection string:");
    let connection_string = line().await;
    let mut rest = Vec::new();
    if endpoint.starts_with("https") {
        rest = vec![line().await, line().await];
    }
    Running {
        rest,
        process,
        endpoint,
        connection_string,
    }
}

#[tokio::test]
async fn it_prints_a_working_connection_string() {
    let mut running = start(&mut command()).await;

    let port = running.endpoint.rsplit_once(':').unwrap().1;
    let expected = format!(
        "Endpoint=http://localhost:{port};AccessKey=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH;Version=1.0;"
    );
    assert_eq!(running.connection_string, expected);
    running.process.kill().await.unwrap();
}

#[tokio::test]
async fn settings_come_from_the_environment() {
    let handler = Handler::silent().await;
    let mut command = command();
    command
        .env("WebPubSub__Hubs__chat__AnonymousConnectPolicy", "allow")
        .env(
            "WebPubSub__Hubs__chat__EventHandlers__0__UrlTemplate",
            handler.template(),
        )
        .env(
            "WebPubSub__Hubs__chat__EventHandlers__0__SystemEvents__0",
            "connected",
        );
    let running = start(&mut command).await;
    let addr = running.endpoint.replace("http://", "").parse().unwrap();

    let _client = Client::connect(addr, "/client/hubs/chat".to_owned(), None).await;

    assert_eq!(
        handler.next_named("connected").await.path,
        "/chat/connected"
    );
}

#[tokio::test]
async fn an_unknown_setting_is_named() {
    let mut command = command();
    command.env("WebPubSub__Hubs__chat__Colour", "blue");

    let output = within("its end", command.output()).await.unwrap();

    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("unknown setting WebPubSub:Hubs:chat:Colour"),
        "{said}"
    );
}

/// A command that runs with a configuration file, and its log.
struct Configured {
    running: Running,
    file: PathBuf,
    log: Lines<BufReader<ChildStderr>>,
}

impl Configured {
    async fn start(name: &str) -> Self {
        let name = format!("{name}-{}.json", std::process::id());
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&file, "{}").unwrap();
        let mut running = start(command().arg("--config").arg(&file)).await;
        let log = BufReader::new(running.process.stderr.take().unwrap()).lines();
        Self { running, file, log }
    }

    fn write(&self, policy: &str) {
        let hubs = json!({ "chat": { "AnonymousConnectPolicy": policy } });
        let settings = json!({ "WebPubSub": { "Hubs": hubs } });
        std::fs::write(&self.file, settings.to_string()).unwrap();
    }

    fn hang_up(&self) {
        let id = self.running.process.id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args(["-HUP", &id])
            .status();
        assert!(sent.unwrap().success());
    }

    async fn logs(&mut self, part: &str) {
        let log = &mut self.log;
        while !within("a log line", log.next_line())
            .await
            .unwrap()
            .unwrap()
            .contains(part)
        {}
    }

    async fn refuses_strangers(&self) -> bool {
        let addr = self
            .running
            .endpoint
            .replace("http://", "")
            .parse()
            .unwrap();
        let tried = Client::try_connect(addr, "/client/hubs/chat", None).await;
        tried.is_err()
    }
}

impl Drop for Configured {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.file);
    }
}

#[tokio::test]
async fn sighup_reloads_the_hubs() {
    let mut emulator = Configured::start("hang-up").await;
    assert!(emulator.refuses_strangers().await);

    emulator.write("allow");
    emulator.hang_up();
    emulator.logs("reloaded the hub settings").await;

    assert!(!emulator.refuses_strangers().await);
}

#[tokio::test]
async fn a_changed_file_reloads_the_hubs() {
    let mut emulator = Configured::start("change").await;

    emulator.write("allow");
    emulator.logs("reloaded the hub settings").await;

    assert!(!emulator.refuses_strangers().await);
}

#[tokio::test]
async fn an_invalid_file_changes_nothing() {
    let mut emulator = Configured::start("mistake").await;
    emulator.write("allow");
    emulator.logs("reloaded the hub settings").await;

    emulator.write("perhaps");
    emulator
        .logs("AnonymousConnectPolicy must be allow or deny")
        .await;

    assert!(!emulator.refuses_strangers().await);
}

#[tokio::test]
async fn the_control_api_can_be_disabled() {
    for (arguments, status) in [(&[][..], 200), (&["--no-control"], 404)] {
        let running = start(command().args(arguments)).await;

        let url = format!("{}/emulator/connections", running.endpoint);
        let request = http::Request::get(url).body(Default::default()).unwrap();

        assert_eq!(call(request).await.status, status, "{arguments:?}");
    }
}

#[tokio::test]
async fn a_tunnel_is_refused_with_an_explanation() {
    let mut command = command();
    command.env(
        "WebPubSub__Hubs__chat__EventHandlers__0__UrlTemplate",
        "tunnel:///events",
    );

    let output = within("its end", command.output()).await.unwrap();

    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("give the handler's http:// URL"), "{said}");
}

#[tokio::test]
async fn with_tls_it_prints_the_path_of_its_certificate() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join(format!("certificate-{}.pem", std::process::id()));
    std::fs::write(&file, "an older one").unwrap();
    let mut running = start(command().args(["--tls", "--certificate"]).arg(&file)).await;

    assert!(
        running
            .connection_string
            .starts_with("Endpoint=https://localhost:")
    );
    assert_eq!(
        running.rest,
        ["Certificate to trust:", file.to_str().unwrap()]
    );
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(
        written.starts_with("-----BEGIN CERTIFICATE-----\n"),
        "{written}"
    );
    running.process.kill().await.unwrap();
    std::fs::remove_file(file).unwrap();
}
