//! A proxy that injects network faults.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Forwards requests to a server, counts them, and can behave like a bad network.
pub(crate) struct Proxy {
    pub(crate) address: String,
    shared: Arc<Shared>,
}

struct Shared {
    target: String,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    requests: Vec<String>,
    open: usize,
    most_open: usize,
    latency: Duration,
    always: Option<Fault>,
    next: VecDeque<Fault>,
}

/// What happens to a request.
#[derive(Clone)]
pub(crate) enum Fault {
    /// The proxy reads it and never answers.
    Silence,
    /// It reaches the server, but the connection breaks before the answer.
    LostAnswer,
    /// Only so many bytes of the answer arrive before the connection breaks.
    #[cfg(feature = "dev")]
    CutAnswer(usize),
    /// The answer arrives changed.
    #[cfg(feature = "dev")]
    Changed(fn(&str) -> String),
    /// The proxy gives this answer itself.
    Answer(&'static str),
}

impl Proxy {
    pub(crate) async fn to(target: &str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            target: target.to_owned(),
            state: Mutex::default(),
        });
        let accepting = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let shared = Arc::clone(&accepting);
                tokio::spawn(async move { shared.serve(client).await });
            }
        });
        Self { address, shared }
    }

    /// Returns method and path of each request since the last time, and forgets them.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.shared.state.lock().unwrap().requests)
    }

    /// The largest number of requests in flight at once so far.
    pub(crate) fn most_at_once(&self) -> usize {
        self.shared.state.lock().unwrap().most_open
    }

    pub(crate) fn delays_answers(&self, by: Duration) {
        self.shared.state.lock().unwrap().latency = by;
    }

    pub(crate) fn always(&self, fault: Option<Fault>) {
        self.shared.state.lock().unwrap().always = fault;
    }

    /// Queues a fault for one request.
    pub(crate) fn then(&self, fault: Fault) {
        self.shared.state.lock().unwrap().next.push_back(fault);
    }
}

impl Shared {
    async fn serve(&self, mut client: TcpStream) -> Option<()> {
        loop {
            let request = message(&mut client).await?;
            let (fault, latency) = self.begins(&request);
            let result = self.answer(&mut client, &request, fault, latency).await;
            self.state.lock().unwrap().open -= 1;
            result?;
        }
    }

    fn begins(&self, request: &[u8]) -> (Option<Fault>, Duration) {
        let line = request.split(|b| *b == b'\r').next().unwrap();
        let line = String::from_utf8_lossy(line).into_owned();
        let mut state = self.state.lock().unwrap();
        state.requests.push(line.replace(" HTTP/1.1", ""));
        state.open += 1;
        state.most_open = state.most_open.max(state.open);
        let fault = state.next.pop_front().or_else(|| state.always.clone());
        (fault, state.latency)
    }

    async fn answer(
        &self,
        client: &mut TcpStream,
        request: &[u8],
        fault: Option<Fault>,
        latency: Duration,
    ) -> Option<()> {
        match fault {
            Some(Fault::Silence) => {
                // Wait until the client gives up.
                client.read_u8().await.ok()?;
                return None;
            }
            Some(Fault::Answer(answer)) => return client.write_all(answer.as_bytes()).await.ok(),
            #[cfg(feature = "dev")]
            Some(Fault::CutAnswer(_) | Fault::Changed(_)) => {}
            Some(Fault::LostAnswer) | None => {}
        }
        // One connection per request is enough here.
        let mut server = TcpStream::connect(&self.target).await.ok()?;
        server.write_all(request).await.ok()?;
        let answer = message(&mut server).await?;
        #[cfg(feature = "dev")]
        if let Some(Fault::CutAnswer(bytes)) = fault {
            client
                .write_all(&answer[..bytes.min(answer.len())])
                .await
                .ok()?;
            return None;
        }
        #[cfg(feature = "dev")]
        if let Some(Fault::Changed(change)) = fault {
            let changed = change(&String::from_utf8_lossy(&answer));
            return client.write_all(changed.as_bytes()).await.ok();
        }
        if fault.is_some() {
            return None;
        }
        tokio::time::sleep(latency).await;
        client.write_all(&answer).await.ok()
    }
}

/// Reads a whole HTTP message, with a length or chunked.
async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        if stream.read_buf(&mut message).await.ok()? == 0 {
            return None;
        }
        let Some(head) = message.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let fields = String::from_utf8_lossy(&message[..head]).to_lowercase();
        let field = |name: &str| Some(fields.split_once(name)?.1.lines().next()?.trim().to_owned());
        let is_whole = match field("\r\ncontent-length:") {
            Some(length) => message.len() >= head + 4 + length.parse::<usize>().unwrap(),
            None if field("\r\ntransfer-encoding:").is_some() => message.ends_with(b"0\r\n\r\n"),
            None => true,
        };
        if is_whole {
            return Some(message);
        }
    }
}
