//! One trace over negotiate, webhooks, store, queue and broadcast, and its way to a collector.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use testkit::Scripts;

use crate::serve::{Process, free_port};
use crate::support::dev::app_folder;
use crate::support::{Dev, Socket, TraceCollector};

const PORTS: [&str; 4] = ["--port", "0", "--emulator-port", "0"];

const NEGOTIATE: &str = "GET /api/negotiate";

/// A caller's place in a trace. Only its first `seed` differs from others.
struct Caller {
    trace: String,
    span: String,
    is_sampled: bool,
}

impl Caller {
    fn new(seed: char) -> Self {
        Self {
            trace: seed.to_string().repeat(32),
            span: seed.to_string().repeat(16),
            is_sampled: true,
        }
    }

    fn unsampled(seed: char) -> Self {
        Self {
            is_sampled: false,
            ..Self::new(seed)
        }
    }

    fn traceparent(&self) -> String {
        let flags = u8::from(self.is_sampled);
        format!("00-{}-{}-{flags:02}", self.trace, self.span)
    }

    /// Its span of this name, if it arrived.
    fn span<'a>(&self, spans: &'a [Value], name: &str) -> Option<&'a Value> {
        let mut spans = spans.iter();
        spans.find(|span| span["traceId"] == self.trace.as_str() && span["name"] == name)
    }
}

async fn dev(name: &str, collector: &TraceCollector, more: Value) -> Dev {
    let folder = app_folder(name);
    let mut values = json!({ "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint });
    let more = more.as_object().unwrap().clone();
    values.as_object_mut().unwrap().extend(more);
    let settings = json!({ "IsEncrypted": false, "Values": values });
    fs::write(folder.join("local.settings.json"), settings.to_string()).unwrap();
    Dev::start_in(folder, &PORTS).await
}

async fn call(dev: &Dev, caller: &Caller, method: Method, path: &str, body: Value) -> Value {
    let http = SharedHttpClient::new().client().unwrap();
    let call = http
        .request(method, format!("{}{path}", dev.base))
        .header("traceparent", caller.traceparent())
        .bearer_auth(&dev.api_token)
        .json(&body);
    let answer = call.send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default()
}

async fn negotiate(dev: &Dev, caller: &Caller, query: &str) -> Value {
    let path = format!("/api/negotiate?{query}");
    call(dev, caller, Method::GET, &path, Value::Null).await
}

fn attribute<'a>(span: &'a Value, name: &str) -> &'a Value {
    let mut attributes = span["attributes"].as_array().unwrap().iter();
    let named = attributes.find(|attribute| attribute["key"] == name);
    let value = named.unwrap_or_else(|| panic!("no {name}: {span:#}"));
    value["value"].as_object().unwrap().values().next().unwrap()
}

fn named<'a>(spans: &'a [Value], name: &str) -> Option<&'a Value> {
    spans.iter().find(|span| span["name"] == name)
}

fn with_id(spans: &[Value], id: &Value) -> Option<Value> {
    spans.iter().find(|span| span["spanId"] == *id).cloned()
}

fn children<'a>(spans: &'a [Value], parent: &Value) -> Vec<&'a str> {
    let is_child = |span: &&Value| {
        span["traceId"] == parent["traceId"] && span["parentSpanId"] == parent["spanId"]
    };
    let children = spans.iter().filter(is_child);
    children
        .map(|span| span["name"].as_str().unwrap())
        .collect()
}

/// As OpenTelemetry's own definitions read it.
async fn read_with_definitions(body: &Value) -> Value {
    let body = body.to_string();
    let reading = move || {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/otlp");
        let scripts = Scripts::set_up(&source, Path::new(env!("CARGO_TARGET_TMPDIR")));
        let mut reader = scripts.unwrap().command("read.py");
        let mut reader = reader
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdin = reader.stdin.take().unwrap();
        stdin.write_all(body.as_bytes()).unwrap();
        drop(stdin);
        let output = reader.wait_with_output().unwrap();
        assert!(output.status.success(), "refused: {body}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    tokio::task::spawn_blocking(reading).await.unwrap()
}

#[tokio::test]
async fn a_call_and_what_it_left_to_the_queue_are_one_trace() {
    let collector = TraceCollector::start().await;
    let dev = dev("trace-queue", &collector, json!({})).await;
    let (room, nothing) = ("/api/rooms/lobby", Value::Null);
    let (other, caller) = (Caller::new('b'), Caller::new('a'));
    call(&dev, &other, Method::PUT, room, json!({})).await;

    call(&dev, &caller, Method::DELETE, room, nothing).await;

    let (sent, processed) = (
        "send switchboard-broadcast",
        "process switchboard-broadcast",
    );
    let spans = collector.wait_for(|spans| {
        let is_complete = caller.span(spans, processed).is_some();
        is_complete.then(|| spans.to_vec())
    });
    let spans = spans.await;
    let find = |name: &str| caller.span(&spans, name).unwrap();
    let (call, processed) = (find("DELETE /api/rooms/{id}"), find(processed));
    assert_eq!(call["parentSpanId"], caller.span.as_str());
    assert_eq!(attribute(call, "http.response.status_code"), "200");
    assert_eq!(attribute(call, "http.route"), "/api/rooms/{id}");
    let invocation = attribute(call, "faas.invocation_id").as_str().unwrap();
    assert!(uuid::Uuid::try_parse(invocation).is_ok());
    let sender = with_id(&spans, &processed["parentSpanId"]).unwrap();
    assert_eq!(sender["name"], sent);
    assert_eq!(sender["traceId"], caller.trace.as_str());
    // The host's call of the trigger is a trace of its own, which the message's trace names.
    let link = processed["links"][0]["spanId"].clone();
    let trigger = collector.wait_for(|spans| with_id(spans, &link));
    assert_eq!(trigger.await["name"], "POST /{function}");
    assert!(caller.span(&spans, "write messages").is_some());
}

#[tokio::test]
async fn a_frame_is_traced_from_its_webhook_to_its_broadcast() {
    let collector = TraceCollector::start().await;
    let dev = dev("trace-frame", &collector, json!({})).await;
    let negotiated = negotiate(&dev, &Caller::new('a'), "channel=chats&username=alice").await;
    let mut alice = Socket::dial(negotiated["url"].as_str().unwrap())
        .await
        .unwrap();
    let create = json!({ "type": "CREATE_CHAT", "name": "Hush-hush", "members": ["bob"] });
    let created = alice.request(create).await;
    let caller = Caller::new('a');
    let connect = collector.wait_for(|spans| {
        let negotiated = caller.span(spans, NEGOTIATE)?;
        let is_next = children(spans, negotiated).contains(&"POST /api/connect_event");
        is_next.then_some(())
    });
    connect.await;
    let chat = &created["chat"]["id"];
    let message = json!({ "content": "hush-hush" });
    let send = json!({ "type": "SEND_MESSAGE", "chatId": chat, "message": message });
    assert_eq!(alice.request(send).await["type"], "MESSAGE_SENT");

    let spans = collector.wait_for(|spans| {
        let batch = named(spans, "process batch")?;
        let is_sent = children(spans, batch).contains(&"broadcast");
        is_sent.then(|| spans.to_vec())
    });
    let spans = spans.await;
    let batch = named(&spans, "process batch").unwrap();
    let inside = children(&spans, batch);
    assert!(
        inside.contains(&"range messages") || inside.contains(&"get messages"),
        "{inside:?}"
    );
    assert!(inside.contains(&"write messages"), "{inside:?}");
    let mut broadcasts = spans.iter().filter(|span| span["name"] == "broadcast");
    let broadcast = broadcasts.find(|span| span["parentSpanId"] == batch["spanId"]);
    let broadcast = broadcast.unwrap();
    assert_eq!(children(&spans, broadcast), ["POST"]);
    let group = format!("chat:{}", chat.as_str().unwrap());
    let destination = attribute(broadcast, "messaging.destination.name");
    assert_eq!(destination, group.as_str());
    let webhook = collector.wait_for(|spans| with_id(spans, &batch["parentSpanId"]));
    assert_eq!(webhook.await["name"], "POST /api/message_event");
    let text = Value::from(collector.spans()).to_string();
    assert!(!text.to_lowercase().contains("hush-hush"), "{text}");
}

#[tokio::test]
async fn opentelemetrys_own_definitions_accept_what_is_sent() {
    let collector = TraceCollector::start().await;
    let settings = json!({
        "OTEL_SERVICE_NAME": "rooms", "OTEL_RESOURCE_ATTRIBUTES": "deployment.environment.name=a%20b",
        "OTEL_EXPORTER_OTLP_HEADERS": "api-key=hush%2Dhush",
    });
    let dev = dev("trace-proto", &collector, settings).await;
    let caller = Caller::new('c');
    call(&dev, &caller, Method::PUT, "/api/rooms/lobby", json!({})).await;

    let names = ["PUT /api/rooms/{id}", "write messages"];
    let is_complete = |spans: &[Value]| {
        let missing = names.iter().find(|name| caller.span(spans, name).is_none());
        missing.is_none().then_some(())
    };
    collector.wait_for(is_complete).await;
    let posts = collector.posts();
    assert!(
        posts
            .iter()
            .all(|post| post.headers["api-key"] == "hush-hush")
    );
    let mut spans = Vec::new();
    for post in &posts {
        let read = read_with_definitions(&post.body).await;
        assert_eq!(read["resource"]["service.name"], "rooms");
        assert_eq!(read["resource"]["deployment.environment.name"], "a b");
        assert_eq!(
            read["resource"]["service.version"],
            env!("CARGO_PKG_VERSION")
        );
        assert_eq!(read["scope"], "switchboard");
        spans.extend(read["spans"].as_array().unwrap().clone());
    }
    let find = |name: &str| {
        let is = |span: &&Value| span["trace"] == caller.trace.as_str() && span["name"] == name;
        spans
            .iter()
            .find(is)
            .unwrap_or_else(|| panic!("no {name}: {spans:#?}"))
    };
    let [call, write] = names.map(find);
    assert_eq!(call["kind"], "SPAN_KIND_SERVER");
    assert_eq!(call["parent"], caller.span.as_str());
    assert_eq!(call["attributes"]["http.response.status_code"], 201);
    assert_eq!(write["kind"], "SPAN_KIND_CLIENT");
    assert_eq!(write["attributes"]["db.system.name"], "sqlite");
    assert!(spans.iter().all(|span| span["took"].as_i64().unwrap() >= 0));
}

#[tokio::test]
async fn a_caller_that_does_not_sample_is_not_recorded() {
    let collector = TraceCollector::start().await;
    let dev = dev("trace-sampling", &collector, json!({})).await;
    let (recorded, unsampled) = (Caller::new('a'), Caller::unsampled('b'));

    negotiate(&dev, &unsampled, "room_id=lobby&username=alice").await;
    negotiate(&dev, &recorded, "room_id=lobby&username=hush-hush").await;

    // One process exports its spans in the order in which they ended.
    let is_there = |spans: &[Value]| recorded.span(spans, NEGOTIATE).map(|_| ());
    collector.wait_for(is_there).await;
    let spans = collector.spans();
    assert!(unsampled.span(&spans, NEGOTIATE).is_none());
    let text = Value::from(spans).to_string();
    assert!(!text.contains(&unsampled.trace), "{text}");
    // Query strings carry tokens and what users call themselves.
    assert!(!text.contains("hush-hush"), "{text}");
}

#[tokio::test]
async fn a_busy_collector_gets_the_spans_later_and_only_once() {
    let collector = TraceCollector::start().await;
    for status in [429, 503] {
        collector.refuse(status);
    }
    let dev = dev("trace-busy", &collector, json!({})).await;
    let caller = Caller::new('a');

    negotiate(&dev, &caller, "room_id=lobby&username=alice").await;

    let is_there = |spans: &[Value]| caller.span(spans, NEGOTIATE).map(|_| ());
    collector.wait_for(is_there).await;
    assert_eq!(collector.refusals_left(), 0);
    let spans = collector.spans();
    let mut ids: Vec<_> = spans
        .iter()
        .map(|span| span["spanId"].to_string())
        .collect();
    ids.sort();
    let all = ids.len();
    ids.dedup();
    assert_eq!(ids.len(), all, "{spans:#?}");
}

#[tokio::test]
async fn a_batch_that_the_collector_calls_invalid_is_not_sent_again() {
    let collector = TraceCollector::start().await;
    collector.refuse(400);
    let dev = dev("trace-invalid", &collector, json!({})).await;
    let caller = Caller::new('a');

    // The first batch begins with the call that finds out whether the handler runs.
    collector.wait_for_refusals().await;
    negotiate(&dev, &caller, "room_id=lobby&username=alice").await;

    let is_there = |spans: &[Value]| caller.span(spans, NEGOTIATE).map(|_| ());
    collector.wait_for(is_there).await;
    assert!(named(&collector.spans(), "GET /").is_none());
}

#[tokio::test]
async fn a_collector_that_is_away_disturbs_nobody() {
    let away = TraceCollector::away();
    let mut dev = dev("trace-away", &away, json!({})).await;

    for _ in 0..3 {
        negotiate(&dev, &Caller::new('a'), "room_id=lobby&username=alice").await;
    }
    dev.wait_until_printed("the trace collector does not take spans")
        .await;

    assert!(dev.interrupt().await.success());
    let complaints = dev.read_to_end().await;
    let about = |line: &&String| line.contains("the trace collector does not take spans");
    assert_eq!(
        complaints.iter().filter(about).count(),
        1,
        "{complaints:#?}"
    );
}

#[tokio::test]
async fn the_last_spans_are_sent_before_the_process_ends() {
    let collector = TraceCollector::start().await;
    let port = free_port();
    let settings = [
        ("PORT", port.as_str()),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint.as_str()),
    ];
    let process = Process::start(&["serve"], &settings).await;
    let caller = Caller::new('d');
    let request = format!(
        "GET /api/negotiate?room_id=lobby HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\
         traceparent: {}\r\n\r\n",
        caller.traceparent()
    );

    process.send_request(&request).await;
    let (_, lines) = process.stop().await;

    assert!(
        caller.span(&collector.spans(), NEGOTIATE).is_some(),
        "{lines:#?}"
    );
}
