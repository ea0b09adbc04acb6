//! Measures a busy conversation when each call to the service takes 5 ms, as it does on Azure:
//! messages a second, one call at a time and with the window of calls that is the default.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::try_join_all;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use switchboard::azure::courier::Courier;
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::clock::{Clock, Ids};
use switchboard::conversation::log::MessageLog;
use switchboard::conversation::message::{DedupKey, Draft};
use switchboard::conversation::outbox::Outbox;
use switchboard::conversation::{Author, Conversation};
use switchboard::ids::user_id::UserId;
use switchboard::store::sqlite::SqliteStore;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::time::sleep;
use webpubsub::{HubClient, HubClientOptions};

const CALL: Duration = Duration::from_millis(5);
const SENDERS: u64 = 20;
/// How many messages each sender posts in one measured turn, one after the other.
const MESSAGES: u64 = 5;

type Done<T = ()> = Result<T, Box<dyn Error>>;

/// A service that takes every message, and 5 ms for it.
async fn slow_service() -> std::io::Result<SocketAddr> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = service_fn(|_: Request<Incoming>| async {
                sleep(CALL).await;
                let mut answer = Response::new(String::new());
                *answer.status_mut() = StatusCode::ACCEPTED;
                Ok::<_, Infallible>(answer)
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    });
    Ok(address)
}

fn log(service: SocketAddr, window: usize) -> Done<MessageLog> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("window-bench-{window}"));
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let options = HubClientOptions {
        http_client: Some(Arc::new(SharedHttpClient::new())),
        ..HubClientOptions::default()
    };
    let service = format!("Endpoint=http://{service};AccessKey=of-the-bench;Version=1.0;");
    let hub = HubClient::from_connection_string(&service, "ViewerHub", options)?;
    let store = SqliteStore::new(folder.join("switchboard.db"), Ids::random());
    Ok(MessageLog::new(
        Arc::new(store),
        Courier::new(hub),
        Outbox::default(),
        Clock::system(),
        Ids::random(),
        window,
    ))
}

async fn post(log: &MessageLog, room: &Conversation, sender: &UserId, id: u64) -> Done {
    let id = id.to_string();
    let draft = Draft {
        uuid: Ids::random().uuid(),
        content: "A message of ordinary length, as people send them when they talk.".to_owned(),
        dedup_key: DedupKey::client_id(sender.as_str(), &id),
        client_id: Some(id),
        sender_name: sender.to_string(),
        sender: sender.clone(),
        author: Author::Publisher(room.clone()),
        asking: None,
        answering: None,
        attachment: None,
        join: None,
    };
    log.append(room, draft).await?;
    Ok(())
}

/// All senders at once, each of whom waits for an answer before it posts again.
async fn post_all(log: &MessageLog, room: &Conversation, ids: &AtomicU64) -> Done {
    let senders = (0..SENDERS).map(|sender| async move {
        let sender = UserId::parse(&format!("sender-{sender}"))?;
        for _ in 0..MESSAGES {
            post(log, room, &sender, ids.fetch_add(1, Ordering::Relaxed)).await?;
        }
        Done::Ok(())
    });
    try_join_all(senders).await.map(drop)
}

fn measure(bench: &mut Criterion, runtime: &Runtime) -> Done {
    let service = runtime.block_on(slow_service())?;
    let room = Conversation::Room("lobby".parse()?);
    let ids = AtomicU64::new(0);
    let mut group = bench.benchmark_group("20 senders in one room, 5 ms a call");
    group.sample_size(10);
    group.throughput(Throughput::Elements(SENDERS * MESSAGES));
    for window in [1, 8] {
        let log = log(service, window)?;
        group.bench_function(format!("window {window}"), |bench| {
            bench.to_async(runtime).iter(|| post_all(&log, &room, &ids));
        });
    }
    Ok(())
}

fn window(bench: &mut Criterion) {
    let measured = || -> Done {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        measure(bench, &runtime)
    }();
    assert!(measured.is_ok(), "{measured:?}");
}

criterion_group!(benches, window);
criterion_main!(benches);
