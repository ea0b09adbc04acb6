//! Measures the store: reading a page of history, one durable write at a time, and many
//! concurrent ones.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use switchboard::clock::Ids;
use switchboard::store::sqlite::SqliteStore;
use switchboard::store::{Collection, Key, MAX_WRITES, Partition, Store, Write, WriteError};
use tokio::runtime::{Builder, Runtime};

/// The number of messages in a long conversation.
const MESSAGES: u64 = 100_000;

/// The number of messages in a page.
const PAGE: u64 = 50;

const WRITERS: u64 = 32;

type Backends = Vec<(&'static str, Arc<dyn Store>)>;

/// The backends to measure.
fn backends() -> Result<Backends, Box<dyn Error>> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("store-bench");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    let sqlite = SqliteStore::new(folder.join("switchboard.db"), Ids::random());
    Ok(vec![("SQLite", Arc::new(sqlite))])
}

/// Reads pages at different positions: the cost should not depend on the position.
fn history(bench: &mut Criterion, runtime: &Runtime, backends: &Backends) -> Done {
    for (name, store) in backends {
        let long = Partition::new(Collection::Messages, "long");
        runtime.block_on(fill(store.as_ref(), &long))?;
        let mut group = bench.benchmark_group(format!("{name}, a page of {MESSAGES} messages"));
        let pages = [
            ("the last", MESSAGES - PAGE),
            ("from the middle", MESSAGES / 2),
            ("the first", 0),
        ];
        for (which, before) in pages {
            let page = message_key(before + 1)..message_key(before + PAGE + 1);
            group.bench_function(which, |bench| {
                bench
                    .to_async(runtime)
                    .iter(|| store.range(&long, page.clone(), 50));
            });
        }
    }
    Ok(())
}

/// Writes what the domain writes for a message: the head, the message, and its client id.
fn writes(bench: &mut Criterion, runtime: &Runtime, backends: &Backends) -> Done {
    let sent = AtomicU64::new(0);
    let next = || sent.fetch_add(1, Ordering::Relaxed);
    for (name, store) in backends {
        let store = store.as_ref();
        let mut group = bench.benchmark_group(format!("{name}, durable sends"));
        group.throughput(Throughput::Elements(1));
        group.bench_function("one after the other", |bench| {
            bench.to_async(runtime).iter(|| send(store, 0, next()));
        });
        group.throughput(Throughput::Elements(WRITERS));
        group.bench_function(format!("{WRITERS} at once"), |bench| {
            bench
                .to_async(runtime)
                .iter(|| try_join_all((0..WRITERS).map(|writer| send(store, writer, next()))));
        });
    }
    Ok(())
}

type Done = Result<(), Box<dyn Error>>;

async fn send(store: &dyn Store, writer: u64, number: u64) -> Result<(), WriteError> {
    let partition = Partition::new(Collection::Messages, format!("conversation-{writer}"));
    let head = json!({ "seq": number, "last_message_at": "2026-01-15T10:30:00.000000Z" });
    let put = |key, body: Value| Write::Put {
        key,
        body: body.to_string(),
    };
    let writes = vec![
        put(Key::literal("head"), head),
        put(message_key(number), message(number)),
        put(Key::new(format!("id:{number}")), json!(number)),
    ];
    store.write(&partition, writes).await
}

async fn fill(store: &dyn Store, partition: &Partition) -> Result<(), WriteError> {
    let numbers: Vec<u64> = (1..=MESSAGES).collect();
    for some in numbers.chunks(MAX_WRITES) {
        let insert = |number: &u64| Write::Insert {
            key: message_key(*number),
            body: message(*number).to_string(),
        };
        store
            .write(partition, some.iter().map(insert).collect())
            .await?;
    }
    Ok(())
}

fn message_key(number: u64) -> Key {
    Key::new(format!("m:{number:012}"))
}

fn message(number: u64) -> Value {
    json!({
        "seq": number,
        "sender": "anon:alice",
        "at": "2026-01-15T10:30:00.000000Z",
        "body": "A message of ordinary length, as people send them when they talk. ".repeat(3),
    })
}

fn store(bench: &mut Criterion) {
    let measured = || -> Done {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let backends = backends()?;
        history(bench, &runtime, &backends)?;
        writes(bench, &runtime, &backends)
    }();
    assert!(measured.is_ok(), "{measured:?}");
}

criterion_group!(benches, store);
criterion_main!(benches);
