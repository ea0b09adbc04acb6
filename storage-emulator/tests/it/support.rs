//! An account to test, and callers of it.

use std::net::SocketAddr;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::Value;
use storage_emulator::{Settings, Storage};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::JoinHandle;

use crate::azurite::scripts;

/// An account that is being served.
pub(crate) struct Account {
    pub(crate) connection: String,
    pub(crate) blobs: SocketAddr,
    pub(crate) queues: SocketAddr,
    running: JoinHandle<()>,
}

pub(crate) async fn listen() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap()
}

impl Account {
    pub(crate) async fn open(folder: &Path) -> Self {
        Self::open_with(Settings::in_folder(folder)).await
    }

    pub(crate) async fn open_with(settings: Settings) -> Self {
        let (blobs, queues) = (listen().await, listen().await);
        let addresses = [blobs.local_addr().unwrap(), queues.local_addr().unwrap()];
        let storage = Storage::open(blobs, queues, settings).unwrap();
        Self {
            connection: storage.connection_string().to_owned(),
            blobs: addresses[0],
            queues: addresses[1],
            running: tokio::spawn(storage.run(std::future::pending())),
        }
    }

    pub(crate) async fn close(self) {
        self.running.abort();
        let _ = self.running.await;
    }

    /// Runs a script in `tests/clients` and returns what it prints.
    pub(crate) async fn run_script(&self, name: &str) -> Value {
        run_script(name, &[("STORAGE", &self.connection)]).await
    }
}

pub(crate) async fn run_script(name: &str, environment: &[(&str, &str)]) -> Value {
    let mut command = Command::from(scripts().await.command(name));
    let environment = environment.iter().copied();
    let output = command.envs(environment).output().await.unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Sends one request and returns the whole answer.
pub(crate) async fn ask(to: SocketAddr, request: &str) -> String {
    let mut stream = TcpStream::connect(to).await.unwrap();
    let end = "Connection: close\r\n\r\n";
    let request = format!("{request}{end}");
    let _ = stream.write_all(request.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[track_caller]
pub(crate) fn assert_refused(answer: &str, status: u16, code: &str) {
    assert!(
        answer.starts_with(&format!("HTTP/1.1 {status} ")),
        "{answer}"
    );
    assert!(answer.contains(&format!("<Code>{code}</Code>")), "{answer}");
}

/// Sends a request signed with the account's key. It is signed here because clients would change
/// such paths.
pub(crate) async fn ask_signed(account: &Account, method: &str, path: &str, body: &str) -> String {
    ask_signed_at(account, &date(0), method, path, body).await
}

/// A time so many minutes from now, as a `Date` header.
pub(crate) fn date(minutes: i64) -> String {
    let then = jiff::Zoned::now() + jiff::SignedDuration::from_mins(minutes);
    jiff::fmt::rfc2822::to_string(&then).unwrap()
}

pub(crate) async fn ask_signed_at(
    account: &Account,
    date: &str,
    method: &str,
    path: &str,
    body: &str,
) -> String {
    let (_, key) = account.connection.split_once("AccountKey=").unwrap();
    let key = STANDARD.decode(key.split(';').next().unwrap()).unwrap();
    let length = match body.len() {
        0 => String::new(),
        length => length.to_string(),
    };
    let (raw_path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query.replace('=', ":");
    let query = query.split('&').filter(|pair| !pair.is_empty());
    let resource: String = query.map(|pair| format!("\n{pair}")).collect();
    let to_sign = format!(
        "{method}\n\n\n{length}\n\n\n\n\n\n\n\n\nx-ms-blob-type:BlockBlob\nx-ms-date:{date}\n\
         /devhost{raw_path}{resource}"
    );
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&key).unwrap();
    mac.update(to_sign.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nx-ms-blob-type: BlockBlob\r\nx-ms-date: {date}\r\n\
         Authorization: SharedKey devhost:{signature}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let mut stream = TcpStream::connect(account.blobs).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}
