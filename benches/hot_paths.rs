//! Measures the work in every call: minting a token, verifying a signature, sealing and opening
//! a connection's binding, and parsing a frame.

use std::hint::black_box;
use std::time::{Duration, SystemTime};

use criterion::{Criterion, criterion_group, criterion_main};
use switchboard::access::binding::{AuthLevel, Binding};
use switchboard::access::seal::{Purpose, Sealer};
use switchboard::conversation::room::Role;
use switchboard::functions::message_event::frame;
use switchboard::ids::target::Target;
use switchboard::ids::user_id::UserId;
use webpubsub::upstream::{EventData, verify_signature};
use webpubsub::{AccessKey, ClientProtocol, ClientTokenRequest, Endpoint, HubName, client_token};

const KEY: &str = "the-access-key-of-the-bench-0123456789";

fn binding() -> Result<Binding, Box<dyn std::error::Error>> {
    Ok(Binding {
        user: UserId::parse("alice")?,
        name: Some("Alice".to_owned()),
        level: AuthLevel::Anonymous,
        role: Role::Writer,
        targets: vec![Target::Room("test".parse()?)],
        passes: std::collections::BTreeMap::new(),
        address: None,
    })
}

fn tokens(bench: &mut Criterion) -> Result<(), Box<dyn std::error::Error>> {
    let key = AccessKey::new(KEY)?;
    let endpoint: Endpoint = "https://name.webpubsub.azure.com".parse()?;
    let hub: HubName = "ViewerHub".parse()?;
    let grants = binding()?.grants(1_800_000_000);
    let request = ClientTokenRequest {
        user_id: Some("alice".to_owned()),
        roles: grants.roles,
        groups: grants.groups,
        lifetime: Duration::from_secs(3600),
        protocol: ClientProtocol::Default,
    };
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
    bench.bench_function("mint a client token", |bench| {
        bench.iter(|| client_token(&key, &endpoint, &hub, black_box(&request), now));
    });
    Ok(())
}

fn signatures(bench: &mut Criterion) -> Result<(), Box<dyn std::error::Error>> {
    let keys = [AccessKey::new(KEY)?];
    let tag = keys[0].sign(b"connection-1");
    let hex: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
    let header = format!("sha256={},sha256={hex}", "0".repeat(64));
    bench.bench_function("check a signature of two", |bench| {
        bench.iter(|| verify_signature(&keys, "connection-1", black_box(&header)));
    });
    Ok(())
}

fn seals(bench: &mut Criterion) -> Result<(), Box<dyn std::error::Error>> {
    let sealer = Sealer::new(&KEY.into(), &[], "name.webpubsub.azure.com", "ViewerHub");
    let binding = binding()?;
    let sealed = sealer.seal(Purpose::State, "connection-1", &binding)?;
    bench.bench_function("seal a binding", |bench| {
        bench.iter(|| sealer.seal(Purpose::State, "connection-1", black_box(&binding)));
    });
    bench.bench_function("open a binding", |bench| {
        bench.iter(|| sealer.open::<Binding>(Purpose::State, "connection-1", black_box(&sealed)));
    });
    Ok(())
}

fn frames(bench: &mut Criterion) {
    let ping = EventData::Text(r#"{"type":"ping","timestamp":"2026-01-15T10:30:00Z"}"#.to_owned());
    bench.bench_function("read a ping", |bench| {
        bench.iter(|| frame::parse("message", black_box(&ping)));
    });
    let chunk = format!(
        r#"{{"type":"audio","data":"{}","sequence":7}}"#,
        "A".repeat(32 * 1024)
    );
    let chunk = EventData::Text(chunk);
    bench.bench_function("read 24 KiB of audio", |bench| {
        bench.iter(|| frame::parse("message", black_box(&chunk)));
    });
}

fn all(bench: &mut Criterion) {
    for part in [tokens, signatures, seals] {
        if let Err(error) = part(bench) {
            panic!("{error}");
        }
    }
    frames(bench);
}

criterion_group!(benches, all);
criterion_main!(benches);
