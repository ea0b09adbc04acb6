//! A small HTTP server that records requests byte for byte and sends scripted replies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use webpubsub::{AccessKey, HubClient, HubClientOptions};

pub(crate) const KEY: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH";
pub(crate) const HUB: &str = "Chat_Hub";

/// A request as it was received.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    pub(crate) method: String,
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Recorded {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Verifies the bearer token's signature and returns its claims.
    #[track_caller]
    pub(crate) fn signed_claims(&self) -> serde_json::Value {
        let token = self
            .header("authorization")
            .and_then(|value| value.strip_prefix("Bearer "))
            .expect("a bearer token");
        claims(token)
    }
}

/// Verifies a token's signature with [`KEY`] and returns its claims.
#[track_caller]
pub(crate) fn claims(token: &str) -> serde_json::Value {
    use base64::Engine as _;
    let decode = |part: &str| {
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(part)
            .unwrap()
    };
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let key = AccessKey::new(KEY).unwrap();
    assert!(key.verify(signed.as_bytes(), &decode(signature)));
    serde_json::from_slice(&decode(signed.split_once('.').unwrap().1)).unwrap()
}

#[derive(Debug, Clone)]
pub(crate) enum Reply {
    Answer {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: String,
    },
    /// Keeps the connection open and sends nothing.
    Silence,
    /// Closes the connection instead of answering.
    Cut,
}

impl Reply {
    pub(crate) fn status(status: u16) -> Self {
        Self::json(status, "")
    }

    pub(crate) fn json(status: u16, body: impl Into<String>) -> Self {
        Self::Answer {
            status,
            headers: Vec::new(),
            body: body.into(),
        }
    }
}

type Script = Box<dyn FnMut(&Recorded) -> Reply + Send>;

struct Shared {
    requests: Mutex<Vec<Recorded>>,
    script: Mutex<Script>,
}

pub(crate) struct Server {
    pub(crate) url: String,
    shared: Arc<Shared>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Starts a server that answers each request with the reply of `script`.
    pub(crate) async fn spawn(script: impl FnMut(&Recorded) -> Reply + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared {
            requests: Mutex::default(),
            script: Mutex::new(Box::new(script)),
        });
        let accepting = tokio::spawn({
            let shared = shared.clone();
            async move {
                while let Ok((stream, _)) = listener.accept().await {
                    tokio::spawn(serve(stream, shared.clone()));
                }
            }
        });
        Self {
            url,
            shared,
            accepting,
        }
    }

    /// Starts a server that sends these replies in order. A further request gets 418, which
    /// fails the test.
    pub(crate) async fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        let mut replies = replies.into_iter().collect::<Vec<_>>().into_iter();
        Self::spawn(move |_| replies.next().unwrap_or(Reply::status(418))).await
    }

    pub(crate) fn client(&self) -> HubClient {
        self.client_with(HubClientOptions::default())
    }

    pub(crate) fn client_with(&self, options: HubClientOptions) -> HubClient {
        install_tls_provider();
        HubClient::with_key(
            self.url.parse().unwrap(),
            AccessKey::new(KEY).unwrap(),
            HUB.parse().unwrap(),
            options,
        )
    }

    /// The requests received since the last call.
    pub(crate) fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut *self.shared.requests.lock().unwrap())
    }

    #[track_caller]
    pub(crate) fn take_one(&self) -> Recorded {
        let mut requests = self.take();
        assert_eq!(requests.len(), 1, "{requests:#?}");
        requests.remove(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// reqwest requires a TLS provider even for plain http.
pub(crate) fn install_tls_provider() {
    // Installing fails if another test has already installed the provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

async fn serve(stream: TcpStream, shared: Arc<Shared>) {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await {
        let is_head = request.method == "HEAD";
        let reply = {
            shared.requests.lock().unwrap().push(request.clone());
            (shared.script.lock().unwrap())(&request)
        };
        match reply {
            Reply::Answer {
                status,
                headers,
                body,
            } => {
                let mut head = format!("HTTP/1.1 {status} x\r\n");
                for (name, value) in headers {
                    head += &format!("{name}: {value}\r\n");
                }
                if status != 204 {
                    head += &format!("content-length: {}\r\n", body.len());
                }
                let body = if is_head { "" } else { &body };
                let answer = format!("{head}content-type: application/json\r\n\r\n{body}");
                if stream.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
            Reply::Silence => std::future::pending().await,
            Reply::Cut => return,
        }
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Recorded> {
    let first = line(stream).await?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = HashMap::new();
    loop {
        let line = line(stream).await?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let body = if headers.contains_key("transfer-encoding") {
        chunks(stream).await?
    } else {
        let length = headers.get("content-length");
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        stream.read_exact(&mut body).await.ok()?;
        body
    };
    Some(Recorded {
        method,
        target,
        headers,
        body,
    })
}

async fn chunks(stream: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let length = usize::from_str_radix(&line(stream).await?, 16).ok()?;
        let mut chunk = vec![0; length];
        stream.read_exact(&mut chunk).await.ok()?;
        body.extend(chunk);
        line(stream).await?;
        if length == 0 {
            return Some(body);
        }
    }
}

async fn line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}
