//! An app in a temporary folder, and a host that runs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use devhost::{App, Call, HostError, HostEvent, LoadError, Options};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Longer than anything takes that a test waits for.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(60);

/// The folder of an app.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    /// Removed when the folder and all hosts that run it are dropped.
    temporary: Option<Arc<TempDir>>,
}

impl Folder {
    pub(crate) fn empty() -> Self {
        let temporary = TempDir::new().unwrap();
        Self {
            path: temporary.path().canonicalize().unwrap(),
            temporary: Some(Arc::new(temporary)),
        }
    }

    /// One of the apps in `examples`.
    pub(crate) fn example(name: &str) -> Self {
        Self {
            path: Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("examples")
                .join(name),
            temporary: None,
        }
    }

    /// An app whose handler is `tests/handlers/handler.mjs`.
    pub(crate) fn with_handler(host: Value) -> Self {
        let folder = Self::empty();
        let handler = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handlers/handler.mjs");
        let mut whole = json!({
            "version": "2.0",
            "customHandler": {
                "description": { "defaultExecutablePath": handler },
                "enableForwardingHttpRequest": true,
            },
        });
        merge(&mut whole, host);
        folder.write("host.json", &whole.to_string());
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn write(&self, file: &str, text: &str) -> &Self {
        let path = self.path.join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn function(&self, name: &str, bindings: Value) -> &Self {
        self.write(
            &format!("{name}/function.json"),
            &json!({ "bindings": bindings }).to_string(),
        )
    }

    /// A function with one HTTP trigger and one HTTP output.
    pub(crate) fn http(&self, name: &str, route: &str) -> &Self {
        let trigger = json!({
            "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous", "route": route,
        });
        self.function(
            name,
            json!([trigger, { "type": "http", "direction": "out", "name": "res" }]),
        )
    }

    pub(crate) fn load(&self) -> Result<App, LoadError> {
        App::load(&self.path, Options::default())
    }

    pub(crate) async fn run(&self) -> Running {
        self.run_with(Options::default()).await
    }

    pub(crate) async fn run_with_settings(&self, settings: &[(&str, &str)]) -> Running {
        let settings: BTreeMap<String, String> = settings
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        self.run_with(Options {
            settings,
            ..Options::default()
        })
        .await
    }

    pub(crate) async fn run_with(&self, options: Options) -> Running {
        self.run_app(App::load(&self.path, options).unwrap()).await
    }

    pub(crate) async fn run_app(&self, app: App) -> Running {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, events) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let host = tokio::spawn(devhost::run(
            app,
            listener,
            move |event| drop(sender.send(event)),
            async { drop(stopped.await) },
        ));
        Running {
            port,
            events,
            stop: Some(stop),
            host,
            _folder: self.temporary.clone(),
        }
    }
}

fn merge(into: &mut Value, from: Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from,
    }
}

#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) port: u16,
    events: mpsc::UnboundedReceiver<HostEvent>,
    stop: Option<oneshot::Sender<()>>,
    host: JoinHandle<Result<(), HostError>>,
    /// Keeps the app's folder until the host ends.
    _folder: Option<Arc<TempDir>>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

impl Running {
    /// Waits for an event for which `pick` returns something.
    pub(crate) async fn next<T>(&mut self, pick: impl Fn(HostEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                if let Some(found) = pick(self.events.recv().await.unwrap()) {
                    return found;
                }
            }
        };
        tokio::time::timeout(TIMEOUT, found).await.unwrap()
    }

    pub(crate) async fn ready(&mut self) {
        self.next(|event| matches!(event, HostEvent::Ready { .. }).then_some(()))
            .await;
    }

    pub(crate) async fn next_call(&mut self) -> Call {
        self.next(|event| match event {
            HostEvent::Called(call) => Some(call),
            _ => None,
        })
        .await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[], &body.to_string()).await
    }

    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let host = ("Host", "localhost");
        let named = headers.iter().any(|(name, _)| *name == "Host");
        let mut request = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n");
        for (name, value) in headers.iter().chain((!named).then_some(&host)) {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        let answer = self.raw(request.as_bytes()).await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer {
            status,
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }

    /// Starts a call without waiting for its answer.
    pub(crate) async fn begin(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Sends these bytes and reads until the host closes the connection.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(TIMEOUT, stream.read_to_end(&mut answer))
            .await
            .unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Ends the host through its shutdown future.
    pub(crate) async fn stop(mut self) -> Result<(), HostError> {
        drop(self.stop.take());
        self.end().await
    }

    /// Waits for the host to end by itself.
    pub(crate) async fn end(self) -> Result<(), HostError> {
        tokio::time::timeout(TIMEOUT, self.host)
            .await
            .unwrap()
            .unwrap()
    }

    /// Drops the host's future while it runs.
    pub(crate) async fn abort(self) {
        self.host.abort();
        let _ = self.host.await;
    }
}
