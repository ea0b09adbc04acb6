//! `switchboard serve` as a process: its address, its log and its exit.

use std::net::SocketAddr;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdout, Command};

use crate::support::{KEY, fresh_folder};

pub(crate) struct Process {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    address: SocketAddr,
}

impl Process {
    /// Starts it with only these settings.
    pub(crate) async fn start(arguments: &[&str], settings: &[(&str, &str)]) -> Self {
        let (child, mut lines) = Self::spawn(arguments, settings);
        let first_line = lines
            .next_line()
            .await
            .unwrap()
            .expect("it ended before it listened");
        let address = first_line.rsplit(' ').next().unwrap();
        let address = address.parse().unwrap_or_else(|_| panic!("{first_line}"));
        Self {
            child,
            lines,
            address,
        }
    }

    /// Under the Functions host, at a level that may hide the line about its address.
    async fn start_at_level(level: &str, settings: &[(&str, &str)]) -> Self {
        let port = free_port();
        let own = [
            ("FUNCTIONS_CUSTOMHANDLER_PORT", port.as_str()),
            ("LOG_LEVEL", level),
        ];
        let (child, lines) = Self::spawn(&[], &[&own, settings].concat());
        let address = SocketAddr::from(([127, 0, 0, 1], port.parse().unwrap()));
        while TcpStream::connect(address).await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self {
            child,
            lines,
            address,
        }
    }

    fn spawn(
        arguments: &[&str],
        settings: &[(&str, &str)],
    ) -> (Child, Lines<BufReader<ChildStdout>>) {
        let mut child = Command::new(env!("CARGO_BIN_EXE_switchboard"))
            .args(arguments)
            .env_clear()
            .env("AZURE_WEB_PUBSUB_CONNECTION_STRING", connection_string())
            .env("ALLOW_ANONYMOUS", "true")
            .envs(settings.iter().copied())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        (child, lines)
    }

    /// A call of the Functions host, and its answer. The process closes the connection.
    async fn call_as_host(&self, path: &str, invocation: &str, body: &str) -> String {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\
             X-Azure-Functions-InvocationId: {invocation}\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {API_TOKEN}\r\nTransfer-Encoding: chunked\r\n\r\n\
             {:x}\r\n{body}\r\n0\r\n\r\n",
            self.address.port(),
            body.len()
        );
        self.send_request(&request).await
    }

    async fn connect(&self, host: [u8; 4]) -> std::io::Result<TcpStream> {
        TcpStream::connect(SocketAddr::from((host, self.address.port()))).await
    }

    pub(crate) async fn send_request(&self, request: &str) -> String {
        let mut stream = self.connect([127, 0, 0, 1]).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    fn terminate(&self) {
        let id = self.child.id().unwrap().to_string();
        assert!(
            std::process::Command::new("kill")
                .args(["-TERM", &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Stops it and returns the lines it logged since it listened.
    pub(crate) async fn stop(mut self) -> (ExitStatus, Vec<String>) {
        self.terminate();
        self.wait().await
    }

    async fn wait(&mut self) -> (ExitStatus, Vec<String>) {
        let mut lines = Vec::new();
        while let Some(line) = self.lines.next_line().await.unwrap() {
            lines.push(line);
        }
        (self.child.wait().await.unwrap(), lines)
    }
}

const API_TOKEN: &str = "the-api-token-of-the-tests";
const INVOCATION: &str = "8406fdc8-2809-4bda-89b1-301d75e0822c";

fn connection_string() -> String {
    format!("Endpoint=http://localhost:9;AccessKey={KEY};Version=1.0;")
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

#[tokio::test]
async fn under_the_functions_host_it_serves_loopback_only_and_needs_no_argument() {
    let process = Process::start(
        &[],
        &[
            ("FUNCTIONS_CUSTOMHANDLER_PORT", &free_port()),
            ("PORT", "1"),
        ],
    )
    .await;

    assert!(process.connect([127, 0, 0, 1]).await.is_ok());
    assert!(process.connect([127, 0, 0, 2]).await.is_err());
}

#[tokio::test]
async fn in_a_container_it_serves_every_interface() {
    for name in ["PORT", "SERVER_PORT"] {
        let process = Process::start(&[], &[(name, &free_port())]).await;

        assert!(process.connect([127, 0, 0, 2]).await.is_ok(), "{name}");
    }
}

#[tokio::test]
async fn a_call_in_flight_is_answered_before_shutdown() {
    let mut process = Process::start(&["serve"], &[("PORT", &free_port())]).await;
    let mut stream = process.connect([127, 0, 0, 1]).await.unwrap();
    let body = json!({ "message": "hello" }).to_string();
    let (first, rest) = body.split_at(5);
    let head = format!(
        "POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{first}",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // Over loopback, the answer to a second call shows that the first has arrived.
    process
        .send_request("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await;

    process.terminate();
    while process.connect([127, 0, 0, 1]).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(rest.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(process.wait().await.0.success());
}

#[tokio::test]
async fn its_exit_code_asks_the_functions_host_for_a_restart() {
    let process = Process::start(&[], &[("FUNCTIONS_CUSTOMHANDLER_PORT", &free_port())]).await;

    // The host takes 0 for a handler that is still alive.
    assert_eq!(process.stop().await.0.code(), Some(200));
}

#[tokio::test]
async fn each_event_is_one_log_line_with_the_invocation_and_without_secrets() {
    let settings = [
        ("FUNCTIONS_CUSTOMHANDLER_PORT", free_port()),
        ("LOG_LEVEL", "trace".to_owned()),
        ("JWT_SECRET", "hush-hush-".repeat(4)),
    ];
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let process = Process::start(&[], &settings).await;
    let invocation = "8406fdc8-2809-4bda-89b1-301d75e0822c";
    let call = |target: &str, more: &str| {
        format!(
            "GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Azure-Functions-InvocationId: {invocation}\r\n{more}\r\n"
        )
    };

    let good = process
        .send_request(&call(
            "/api/negotiate?room_id=test&username=alice&code=secret-1",
            "",
        ))
        .await;
    process
        .send_request(&call("/api/negotiate?room_id=test&token=secret-2", ""))
        .await;
    process
        .send_request(&call(
            "/api/negotiate?room_id=test",
            "Authorization: Bearer secret-3\r\n",
        ))
        .await;
    let origin = "webhook-request-origin: evil\tline ".to_owned() + &"x".repeat(5000);
    let validation = call("/api/connect_event", &format!("{origin}\r\n")).replace("GET", "OPTIONS");
    process.send_request(&validation).await;
    let (_, lines) = process.stop().await;

    let (_, body) = good.split_once("\r\n\r\n").unwrap();
    let token = body
        .split("access_token=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap()
        .to_owned();
    assert!(
        lines
            .iter()
            .any(|l| l.contains("negotiated") && l.contains(invocation)),
        "{lines:?}"
    );
    assert!(
        lines.iter().any(|l| l.contains("webhook validation")),
        "{lines:?}"
    );
    for line in &lines {
        assert!(line.starts_with("20") && line.len() < 1000, "{line}");
        assert!(
            !line.contains("secret-") && !line.contains("hush") && !line.contains(&token),
            "{line}"
        );
        assert!(
            !line.contains(KEY) && !line.chars().any(char::is_control),
            "{line:?}"
        );
    }
}

#[tokio::test]
async fn all_invalid_settings_are_reported_in_one_line() {
    let settings = [
        ("PORT", free_port()),
        ("ALLOW_ANONYMOUS", "perhaps".to_owned()),
        ("LOG_LEVEL", "loud".to_owned()),
    ];
    let settings: Vec<_> = settings
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let mut child = Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .arg("serve")
        .env_clear()
        .envs(settings)
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();

    let first = lines.next_line().await.unwrap().unwrap();

    for setting in [
        "ALLOW_ANONYMOUS",
        "LOG_LEVEL",
        "AZURE_WEB_PUBSUB_CONNECTION_STRING",
    ] {
        assert!(first.contains(setting), "{first}");
    }
    assert!(
        !first.contains("perhaps") && !first.contains("loud"),
        "{first}"
    );
}

#[tokio::test]
async fn a_port_in_use_ends_it_with_an_error() {
    let taken = std::net::TcpListener::bind("0.0.0.0:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = Command::new(env!("CARGO_BIN_EXE_switchboard"))
        .arg("serve")
        .env_clear()
        .env("PORT", &port)
        .output();

    let output = tokio::time::timeout(Duration::from_secs(60), run)
        .await
        .unwrap()
        .unwrap();

    assert!(!output.status.success());
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains(&port), "{errors}");
}

#[tokio::test]
async fn log_lines_of_a_trigger_carry_its_invocation_id_at_every_level() {
    for level in ["info", "error"] {
        let process = Process::start_at_level(level, &[]).await;
        let body = json!({ "Data": { "message": "nonsense" }, "Metadata": {} }).to_string();

        let answer = process.call_as_host("/broadcast", INVOCATION, &body).await;

        assert!(answer.starts_with("HTTP/1.1 500"), "{answer}");
        let (_, lines) = process.stop().await;
        let mut about = lines
            .iter()
            .filter(|line| line.contains("can never succeed"));
        let line = about.next().unwrap_or_else(|| panic!("{lines:#?}"));
        assert!(line.contains(INVOCATION), "{level}: {line}");
    }
}

#[tokio::test]
async fn log_lines_of_work_beside_a_call_carry_its_invocation_id() {
    let store = format!("sqlite:{}", fresh_folder().join("switchboard.db").display());
    let settings = [("STORE", store.as_str()), ("API_TOKEN", API_TOKEN)];
    let process = Process::start_at_level("warn", &settings).await;
    let message = json!({ "content": "hello" }).to_string();

    // The service is not there, so the broadcast fails in the conversation's own task.
    let path = "/api/rooms/lobby/messages";
    let answer = process.call_as_host(path, INVOCATION, &message).await;

    assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
    let (_, lines) = process.stop().await;
    let mut about = lines.iter().filter(|line| line.contains("lobby"));
    let line = about.next().unwrap_or_else(|| panic!("{lines:#?}"));
    assert!(line.contains(INVOCATION), "{line}");
}
