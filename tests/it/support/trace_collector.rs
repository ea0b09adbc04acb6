//! A collector of traces that records what it gets, and can refuse it.

use std::collections::VecDeque;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::time::timeout;

/// Long enough for a busy machine; no test measures time with it.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) struct TraceCollector {
    pub(crate) endpoint: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    accepted: watch::Sender<Vec<Post>>,
    /// Statuses for the next requests, instead of 200.
    refusals: Mutex<VecDeque<u16>>,
}

#[derive(Clone)]
pub(crate) struct Post {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl TraceCollector {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::<Shared>::default();
        let router = Router::new()
            .route("/v1/traces", post(receive))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { endpoint, shared }
    }

    /// A collector that does not run.
    pub(crate) fn away() -> Self {
        Self {
            endpoint: "http://127.0.0.1:9".to_owned(),
            shared: Arc::default(),
        }
    }

    /// Answers the next request so.
    pub(crate) fn refuse(&self, status: u16) {
        self.shared.refusals.lock().unwrap().push_back(status);
    }

    pub(crate) fn refusals_left(&self) -> usize {
        self.shared.refusals.lock().unwrap().len()
    }

    /// Waits until every planned refusal was given.
    pub(crate) async fn wait_for_refusals(&self) {
        let given = async {
            while self.refusals_left() > 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        timeout(TIMEOUT, given).await.expect("no request came");
    }

    pub(crate) fn posts(&self) -> Vec<Post> {
        self.shared.accepted.borrow().clone()
    }

    pub(crate) fn spans(&self) -> Vec<Value> {
        spans(&self.posts())
    }

    /// Waits for spans in which `find` finds something.
    pub(crate) async fn wait_for<T>(&self, find: impl Fn(&[Value]) -> Option<T>) -> T {
        let mut accepted = self.shared.accepted.subscribe();
        let finding = async {
            loop {
                let spans = spans(&accepted.borrow_and_update());
                if let Some(found) = find(&spans) {
                    return found;
                }
                accepted.changed().await.unwrap();
            }
        };
        let found = timeout(TIMEOUT, finding).await;
        found.unwrap_or_else(|_| panic!("not among {:#?}", names(&self.spans())))
    }
}

async fn receive(State(shared): State<Arc<Shared>>, headers: HeaderMap, body: String) -> Response {
    if let Some(status) = shared.refusals.lock().unwrap().pop_front() {
        let status = StatusCode::from_u16(status).unwrap();
        return (status, [("retry-after", "0")]).into_response();
    }
    let body = serde_json::from_str(&body).unwrap();
    shared
        .accepted
        .send_modify(|accepted| accepted.push(Post { headers, body }));
    "{}".into_response()
}

fn spans(posts: &[Post]) -> Vec<Value> {
    let of = |post: &Post| {
        let spans = &post.body["resourceSpans"][0]["scopeSpans"][0]["spans"];
        spans.as_array().unwrap().clone()
    };
    posts.iter().flat_map(of).collect()
}

fn names(spans: &[Value]) -> Vec<String> {
    let name = |span: &Value| format!("{} {} {}", span["name"], span["traceId"], span["spanId"]);
    spans.iter().map(name).collect()
}
