//! The number of open connections in `health` and `status`.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Fault, Proxy, Socket, TestApp, World};

/// How long a count is kept.
const TTL: i64 = 5;

/// Long enough for a busy machine; nothing is measured by it.
const TIMEOUT: Duration = Duration::from_secs(60);

/// What both functions say, read afresh.
async fn counts(app: &TestApp) -> (Value, Value) {
    app.advance(TTL);
    let health = app.get("/api/health").await.json();
    let status = app.get("/api/status").await.ok();
    (
        health["connections"].clone(),
        status["activeConnections"].clone(),
    )
}

/// Polls until both functions say this number: the service learns later that a socket is gone.
async fn wait_for_count(app: &TestApp, expected: u64) {
    let expected = (json!(expected), json!(expected));
    let reached = async {
        while counts(app).await != expected {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(TIMEOUT, reached)
        .await
        .unwrap_or_else(|_| panic!("never counted {expected:?}"));
}

/// Calls the emulator's control API.
async fn control(world: &World, method: Method, path: &str, body: Option<&Value>) -> Value {
    let url = format!("http://{}/emulator/{path}", world.gate.address);
    let mut call = world.app.call_url(method, &url);
    if let Some(body) = body {
        call = call.body(body.to_string());
    }
    Answer::of(call).await.ok()
}

async fn drop_connection(world: &World, user: &str) {
    let listed = control(world, Method::GET, "connections", None).await;
    let connections = listed["connections"].as_array().unwrap();
    let named = connections
        .iter()
        .find(|one| one["userId"] == user)
        .unwrap();
    let id = named["connectionId"].as_str().unwrap();
    control(world, Method::POST, &format!("connections/{id}/drop"), None).await;
}

/// Fills the service with connections of other instances, which nobody holds here.
async fn import_connections(world: &World, count: usize) {
    let mut state = control(world, Method::GET, "state", None).await;
    let none = json!({ "granted": [], "denied": [] });
    let connections = (0..count).map(|number| {
        json!({
            "hub": "viewerhub", "connectionId": format!("connection-{number:05}"),
            "userId": format!("user-{number}"),
            "subprotocol": "json.reliable.webpubsub.azure.v1", "origin": "localhost",
            "roles": [], "permissions": { "joinLeave": none, "send": none },
            "groups": ["hub:all", "lobby"], "state": null, "cookies": {}, "nextEventId": 1,
            "acks": [], "lastSequenceId": 0, "unacknowledged": [],
            "groupStates": {}, "watchedGroups": [],
        })
    });
    state["connections"] = connections.collect();
    let imported = control(world, Method::PUT, "state", Some(&state)).await;
    assert_eq!(imported, json!({ "connections": count }));
}

/// Another instance, which reaches the service through a proxy.
async fn instance_behind_proxy(world: &World) -> (TestApp, Proxy) {
    let proxy = Proxy::to(&world.gate.address.to_string()).await;
    let app = TestApp::with_service(&format!("http://{}", proxy.address), &[]).await;
    (app, proxy)
}

fn lists(proxy: &Proxy) -> usize {
    let is_list = |request: &&String| request.contains("/groups/hub:all/connections");
    proxy.requests().iter().filter(is_list).count()
}

#[tokio::test]
async fn the_count_follows_sockets_as_they_open_close_and_break() {
    let world = World::start().await;
    wait_for_count(&world.app, 0).await;

    let alice = world.join("room_id=lobby&username=alice").await;
    let _bob = world.join("room_id=garden&username=bob").await;
    let _cat = world.join_as("cat", "channel=chats").await;
    let port = world.gate.address.port();
    let token = world.app.token("dan", json!({}));
    let direct = format!("ws://localhost:{port}/client/hubs/ViewerHub?token={token}&room_id=lobby");
    let _dan = Socket::dial(&direct).await.unwrap();
    wait_for_count(&world.app, 4).await;

    drop(alice);
    wait_for_count(&world.app, 3).await;
    drop_connection(&world, "anon:bob").await;
    wait_for_count(&world.app, 2).await;
}

#[tokio::test]
async fn two_instances_agree() {
    let world = World::start().await;
    let (other, _proxy) = instance_behind_proxy(&world).await;
    let _alice = world.join("room_id=lobby&username=alice").await;
    let _bob = world.join("room_id=lobby&username=bob").await;

    let expected = (json!(2), json!(2));
    assert_eq!(counts(&world.app).await, expected);
    assert_eq!(counts(&other).await, expected);
}

#[tokio::test]
async fn thousands_of_connections_are_counted_page_by_page() {
    let world = World::start().await;
    import_connections(&world, 3_001).await;
    let (app, proxy) = instance_behind_proxy(&world).await;

    // A busy machine may not list them in time; then the count is unknown, and never a part.
    let known = async {
        loop {
            app.advance(TTL);
            lists(&proxy);
            let status = app.get("/api/status").await.ok();
            if let Some(count) = status["activeConnections"].as_u64() {
                return count;
            }
        }
    };
    let count = tokio::time::timeout(TIMEOUT, known).await;

    assert_eq!(count, Ok(3_001));
    assert_eq!(lists(&proxy), 16);
}

#[tokio::test]
async fn a_list_that_takes_too_long_gives_null_and_not_a_part_of_it() {
    let world = World::start().await;
    import_connections(&world, 3_001).await;
    let (app, proxy) = instance_behind_proxy(&world).await;
    proxy.delays_answers(Duration::from_millis(200));

    assert_eq!(counts(&app).await, (Value::Null, Value::Null));
}

#[tokio::test]
async fn a_silent_service_gives_null() {
    let proxy = Proxy::to("127.0.0.1:9").await;
    proxy.always(Some(Fault::Silence));
    let app = TestApp::with_service(&format!("http://{}", proxy.address), &[]).await;

    assert_eq!(counts(&app).await, (Value::Null, Value::Null));
}

#[tokio::test]
async fn a_service_that_refuses_gives_null() {
    let refusal = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n";
    let malformed = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{]";
    for answer in [refusal, malformed] {
        let proxy = Proxy::to("127.0.0.1:9").await;
        proxy.always(Some(Fault::Answer(answer)));
        let app = TestApp::with_service(&format!("http://{}", proxy.address), &[]).await;

        assert_eq!(counts(&app).await, (Value::Null, Value::Null), "{answer}");
    }
}

#[tokio::test]
async fn an_unknown_count_does_not_degrade_health() {
    let world = World::start().await;
    import_connections(&world, 3_001).await;
    let (app, proxy) = instance_behind_proxy(&world).await;
    proxy.delays_answers(Duration::from_millis(200));

    let health = app.get("/api/health").await.ok();

    assert_eq!(health["status"], "ok");
    assert!(health["connections"].is_null());
}

#[tokio::test]
async fn callers_share_a_read_and_its_result() {
    let world = World::start().await;
    let (app, proxy) = instance_behind_proxy(&world).await;
    proxy.delays_answers(Duration::from_millis(100));

    let status = || async { app.get("/api/status").await.ok()["activeConnections"].clone() };
    let answers = futures_util::future::join_all((0..20).map(|_| status())).await;

    assert!(answers.iter().all(|count| *count == 0), "{answers:?}");
    assert_eq!(lists(&proxy), 1);
    app.advance(TTL - 1);
    status().await;
    assert_eq!(lists(&proxy), 0);
    app.advance(1);
    status().await;
    assert_eq!(lists(&proxy), 1);
}

#[tokio::test]
async fn a_caller_that_hangs_up_does_not_cancel_the_read_for_others() {
    let world = World::start().await;
    let (app, proxy) = instance_behind_proxy(&world).await;
    proxy.delays_answers(Duration::from_millis(500));
    let impatient = app.call(Method::GET, "/api/status");
    let impatient = tokio::spawn(impatient.send());
    let mut seen = 0;
    while seen == 0 {
        tokio::task::yield_now().await;
        seen = lists(&proxy);
    }

    impatient.abort();
    let status = app.get("/api/status").await.ok();

    assert_eq!(status["activeConnections"], 0);
    assert_eq!(lists(&proxy), 0);
}

#[tokio::test]
async fn the_liveness_probe_does_not_list_connections() {
    let world = World::start().await;
    let (app, proxy) = instance_behind_proxy(&world).await;

    let alive = app.get("/api/health?live=1").await.ok();

    assert!(alive.get("connections").is_none());
    assert!(proxy.requests().is_empty());
}

#[tokio::test]
async fn head_has_no_body() {
    let world = World::start().await;

    for path in ["/api/health", "/api/status"] {
        let head = Answer::of(world.app.call(Method::HEAD, path)).await;

        assert_eq!((head.status.as_u16(), &*head.body), (200, ""), "{path}");
    }
}

#[tokio::test]
async fn the_count_may_be_null_in_the_document() {
    let app = TestApp::spawn().await;

    let document = app.get("/api/openapi.json").await.ok();

    let schemas = &document["components"]["schemas"];
    for (schema, field) in [("Health", "connections"), ("Status", "activeConnections")] {
        let types = &schemas[schema]["properties"][field]["type"];
        assert_eq!(*types, json!(["integer", "null"]), "{schema}");
    }
}
