//! An app folder of a test's own, and a host that runs it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use devhost::{App, Call, HostError, HostEvent, LoadError, Options};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Longer than anything takes that is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A folder that is made anew for each test.
#[derive(Debug)]
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn empty(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join("apps")
            .join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// One of the apps in `examples`, as it is.
    pub(crate) fn example(name: &str) -> Self {
        Self(
            Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("examples")
                .join(name),
        )
    }

    /// An app whose handler is `tests/handlers/handler.mjs`.
    pub(crate) fn with_handler(name: &str, host: Value) -> Self {
        let folder = Self::empty(name);
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

    pub(crate) fn write(&self, file: &str, text: &str) -> &Self {
        let path = self.0.join(file);
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
        App::load(&self.0, Options::default())
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
        let app = App::load(&self.0, options).unwrap();
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
    /// The next event that `pick` makes something of.
    pub(crate) async fn next<T>(&mut self, pick: impl Fn(HostEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                if let Some(found) = pick(self.events.recv().await.unwrap()) {
                    return found;
                }
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap()
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

    /// A call that is not waited for.
    pub(crate) async fn begin(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    /// Everything the host says to these bytes until it closes.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer))
            .await
            .unwrap();
        String::from_utf8_lossy(&answer).into_owned()
    }

    /// Ends the host as its shutdown future would.
    pub(crate) async fn stop(mut self) -> Result<(), HostError> {
        drop(self.stop.take());
        self.end().await
    }

    /// Waits for the host to end by itself.
    pub(crate) async fn end(self) -> Result<(), HostError> {
        tokio::time::timeout(PATIENCE, self.host)
            .await
            .unwrap()
            .unwrap()
    }

    /// Drops the host's future in the middle of its work.
    pub(crate) async fn drop_it(self) {
        self.host.abort();
        let _ = self.host.await;
    }
}
