//! `/api/events/{org_id}`: who hears what happens in an organisation.

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::config::Listen;

use crate::support::{Answer, Client, Socket, TestApp, World, dial};

/// As a token names the organisations `acme` and `umbrella`.
fn forms() -> [Value; 3] {
    [
        json!(["acme", "umbrella"]),
        json!("acme, umbrella"),
        json!({ "acme": { "id": "umbrella" } }),
    ]
}

async fn send(app: &TestApp, org: &str, event: &Value) -> Answer {
    let path = format!("/api/events/{org}");
    app.back_end(Method::POST, &path, event).await
}

fn event(n: u32) -> Value {
    json!({ "event_type": "user.joined", "data": { "n": n } })
}

/// A member of these organisations that negotiates for `org_id`.
async fn join(world: &World, user: &str, orgs: &Value, org_id: &str) -> Socket {
    let token = world.app.token(user, json!({ "organizations": orgs }));
    let query = format!("org_id={org_id}");
    let answer = world.app.negotiate_as(&token, &query).await.ok();
    let mut socket = Socket::dial(answer["url"].as_str().unwrap()).await.unwrap();
    for _ in org_id.split(',') {
        socket.receive_type("connection.established").await;
    }
    socket
}

/// The numbers of the events that it received.
async fn heard(socket: &mut Socket) -> Vec<u64> {
    let frames = socket.drain().await;
    let number = |frame: &Value| frame["data"]["n"].as_u64().unwrap();
    frames.iter().map(number).collect()
}

#[tokio::test]
async fn every_member_hears_an_event_and_nobody_else() {
    let world = World::start().await;
    let orgs = json!(["acme"]);
    let mut members = Vec::new();
    for _ in 0..2 {
        members.push(join(&world, "alice", &orgs, "acme").await);
    }
    let token = world.app.token("bob", json!({ "organizations": "acme" }));
    let port = world.gate.address.port();
    let url = format!("ws://localhost:{port}/client/hubs/ViewerHub?org_id=acme&token={token}");
    let mut dialled = Socket::dial(&url).await.unwrap();
    let greeting = dialled.receive().await;
    members.push(dialled);
    let mut others = [
        join(&world, "mallory", &json!(["umbrella"]), "umbrella").await,
        // A member of it who did not ask for its events.
        join(&world, "carol", &json!(["acme", "umbrella"]), "umbrella").await,
        // A room of the same name, and a page of an anonymous user of the same name.
        world.join("room_id=acme&username=alice").await,
        world.join_as("alice", "channel=notifications").await,
    ];
    others[3].receive_type("connection.established").await;

    let data = json!({ "user_id": "user-456", "deep": [1, null, "Ä"] });
    let sent = json!({ "event_type": "user.joined", "data": data });
    let answer = send(&world.app, "acme", &sent).await;

    assert_eq!(greeting["type"], "connection.established");
    assert_eq!(greeting["org_id"], "acme");
    assert_eq!(answer.status, 202);
    let expected = json!({
        "type": "event", "event_type": "user.joined", "data": data, "id": answer.json()["id"],
    });
    for member in &mut members {
        assert_eq!(member.drain().await, std::slice::from_ref(&expected));
    }
    for other in &mut others {
        assert_eq!(other.drain().await, [] as [Value; 0]);
    }
}

#[tokio::test]
async fn membership_counts_in_each_form_of_the_claim_at_negotiate_and_at_connect() {
    let app = TestApp::spawn().await;

    for form in forms() {
        let token = app.token("alice", json!({ "organizations": form }));
        for org in ["acme", "umbrella"] {
            let query = format!("org_id={org}");
            let negotiated = app.negotiate_as(&token, &query).await.ok();
            assert_eq!(negotiated["groups"], json!([format!("org:{org}")]));
            let query = json!({ "org_id": [org], "token": [token] });
            let direct = Client::direct_connect(&app, query).await;
            assert_eq!(direct.accepted["groups"][0], format!("org:{org}"));
        }
        for org in ["acm", "Acme", "acme,other", "id", "7"] {
            app.negotiate_as(&token, &format!("org_id={org}"))
                .await
                .assert_problem(403, "not_a_member")
                .assert_closes_with(4003);
            dial(&app, "c", json!({ "org_id": [org], "token": [token] }))
                .await
                .assert_problem(403, "not_a_member")
                .assert_closes_with(4003);
        }
    }
}

#[tokio::test]
async fn a_caller_without_a_good_token_is_refused_as_unauthenticated() {
    let app = TestApp::spawn().await;
    let expired = json!({ "organizations": ["acme"], "exp": crate::support::NOW - 10 });
    let expired = app.token("alice", expired);

    for (token, code) in [
        (None, "unauthenticated"),
        (Some("x.y.z"), "token_invalid"),
        (Some(expired.as_str()), "token_expired"),
    ] {
        let mut query = json!({ "org_id": ["acme"] });
        let mut text = "org_id=acme".to_owned();
        if let Some(token) = token {
            query["token"] = json!([token]);
            text = format!("{text}&token={token}");
        }
        for answer in [app.negotiate(&text).await, dial(&app, "c", query).await] {
            answer.assert_problem(401, code).assert_closes_with(4001);
        }
    }
}

#[tokio::test]
async fn a_new_token_that_lost_an_organisation_leaves_its_group() {
    for form in forms() {
        let world = World::start().await;
        let orgs = json!(["acme", "umbrella"]);
        let mut alice = join(&world, "alice", &orgs, "acme,umbrella").await;
        let mut bob = join(&world, "bob", &orgs, "acme,umbrella").await;

        let same = world.app.token("alice", json!({ "organizations": form }));
        let renewed = alice
            .request(json!({ "type": "authenticate", "token": same }))
            .await;
        for (n, org) in [(1, "acme"), (2, "umbrella")] {
            assert_eq!(send(&world.app, org, &event(n)).await.status, 202);
        }
        let mut before = heard(&mut alice).await;
        before.sort_unstable();

        let less = json!({ "organizations": { "umbrella": { "id": "7" } } });
        let less = world.app.token("alice", less);
        let lost = alice
            .request(json!({ "type": "authenticate", "token": less }))
            .await;
        for (n, org) in [(3, "acme"), (4, "umbrella")] {
            assert_eq!(send(&world.app, org, &event(n)).await.status, 202);
        }

        assert_eq!(renewed["type"], "authenticated", "{renewed}");
        assert_eq!(lost["type"], "authenticated", "{lost}");
        assert_eq!(before, [1, 2], "{form}");
        assert_eq!(heard(&mut alice).await, [4], "{form}");
        let mut all = heard(&mut bob).await;
        all.sort_unstable();
        assert_eq!(all, [1, 2, 3, 4]);
    }
}

#[tokio::test]
async fn only_publishers_send_events() {
    let world = World::start().await;
    let path = "/api/events/acme";
    let call = |token: &str| {
        let call = world.app.call(Method::POST, path);
        call.bearer_auth(token).json(&event(1))
    };
    let member = world
        .app
        .token("alice", json!({ "organizations": ["acme"] }));
    let publisher = world.app.token("cron", json!({ "roles": "publisher" }));
    let mut alice = join(&world, "alice", &json!(["acme"]), "acme").await;

    let anonymous = world.app.call(Method::POST, path).json(&event(1));
    Answer::of(anonymous)
        .await
        .assert_problem(401, "unauthenticated");
    Answer::of(call("x.y.z"))
        .await
        .assert_problem(401, "token_invalid");
    Answer::of(call(&member))
        .await
        .assert_problem(403, "forbidden");
    assert_eq!(Answer::of(call(&publisher)).await.status, 202);
    assert_eq!(heard(&mut alice).await, [1]);
    let wrong = Answer::of(world.app.call(Method::GET, path)).await;
    wrong.assert_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn bad_input_is_refused_and_sent_to_nobody() {
    let world = World::start().await;
    let app = &world.app;

    for org in [
        "a:b",
        "org:acme",
        ":",
        ".a",
        "a%20b",
        "%C3%BC",
        &"x".repeat(129),
    ] {
        send(app, org, &event(1))
            .await
            .assert_problem(404, "not_found");
    }
    for body in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "event_type": "a" }),
        json!({ "data": {} }),
        json!({ "event_type": "", "data": {} }),
        json!({ "event_type": 7, "data": {} }),
        json!({ "event_type": null, "data": {} }),
        json!({ "event_type": ["a"], "data": {} }),
        json!({ "event_type": "x".repeat(257), "data": {} }),
    ] {
        send(app, "acme", &body)
            .await
            .assert_problem(400, "invalid_parameter");
    }
    let raw = |body: String| {
        let call = app.call(Method::POST, "/api/events/acme");
        Answer::of(call.bearer_auth(TestApp::API_TOKEN).body(body))
    };
    for body in ["", "no JSON", r#"{"event_type":"a","data":"\udc00"}"#] {
        raw(body.to_owned())
            .await
            .assert_problem(400, "invalid_parameter");
    }
    let data = |bytes: usize| json!({ "event_type": "a", "data": "x".repeat(bytes - 2) });
    send(app, "acme", &data(64 * 1024 + 1))
        .await
        .assert_problem(413, "too_large");
    assert_eq!(world.gate.calls(), 0);
    assert_eq!(send(app, "acme", &data(64 * 1024)).await.status, 202);
}

#[tokio::test]
async fn data_may_be_any_json_and_arrives_as_it_was_sent() {
    let world = World::start().await;
    let mut alice = join(&world, "alice", &json!(["acme"]), "acme").await;

    for data in [
        json!(null),
        json!(7),
        json!("text"),
        json!([]),
        json!({ "a": [{}] }),
    ] {
        let sent = json!({ "event_type": "a", "data": data });
        assert_eq!(send(&world.app, "acme", &sent).await.status, 202);
        assert_eq!(alice.receive().await["data"], data);
    }
}

#[tokio::test]
async fn a_repeated_call_with_a_key_sends_nothing() {
    let world = World::start().await;
    let mut alice = join(
        &world,
        "alice",
        &json!(["acme", "umbrella"]),
        "acme,umbrella",
    )
    .await;
    let call = |org: &str| {
        let path = format!("/api/events/{org}");
        let call = world.app.call(Method::POST, &path);
        let call = call.bearer_auth(TestApp::API_TOKEN).json(&event(1));
        Answer::of(call.header("idempotency-key", "k"))
    };

    let first = call("acme").await;
    let repeat = call("acme").await;
    let other = call("umbrella").await;

    assert_eq!(first.status, 202);
    assert_eq!(repeat.json(), first.json());
    assert_ne!(other.json(), first.json());
    assert_eq!(heard(&mut alice).await.len(), 2);
}

#[tokio::test]
async fn without_the_service_an_event_is_refused_and_can_be_sent_again() {
    let world = World::start().await;
    let mut alice = join(&world, "alice", &json!(["acme"]), "acme").await;

    world.gate.shut();
    let refused = send(&world.app, "acme", &event(1)).await;
    world.gate.open();
    let again = send(&world.app, "acme", &event(2)).await;

    refused.assert_problem(503, "unavailable");
    assert_eq!(again.status, 202);
    assert_eq!(heard(&mut alice).await, [2]);
}

async fn from_queue(app: &TestApp, message: &Value) -> u16 {
    let metadata = json!({ "DequeueCount": "1", "Id": "\"m-1\"" });
    let answer = app
        .trigger_with("broadcast", &message.to_string(), &metadata)
        .await;
    answer.status.as_u16()
}

#[tokio::test]
async fn the_queue_sends_events_and_tries_again_after_an_outage() {
    let world = World::started_by(Listen::Functions(0), &[]).await;
    let mut alice = join(&world, "alice", &json!(["acme"]), "acme").await;
    let mut bob = join(&world, "bob", &json!(["umbrella"]), "umbrella").await;
    let message =
        json!({ "kind": "event", "org_id": "acme", "event_type": "a", "data": { "n": 1 } });

    world.gate.shut();
    let during = from_queue(&world.app, &message).await;
    world.gate.open();
    let after = from_queue(&world.app, &message).await;
    let again = from_queue(&world.app, &message).await;

    assert_eq!((during, after, again), (500, 200, 200));
    let frames = alice.drain().await;
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0]["data"], json!({ "n": 1 }));
    // By which a client drops the repeat.
    assert_eq!(frames[0]["id"], frames[1]["id"]);
    assert_eq!(bob.drain().await, [] as [Value; 0]);
}

#[tokio::test]
async fn a_queued_event_that_can_never_succeed_fails_and_the_next_is_served() {
    let world = World::started_by(Listen::Functions(0), &[]).await;
    let event = |org: Value, kind: Value, data: Value| json!({ "kind": "event", "org_id": org, "event_type": kind, "data": data });
    let data = |bytes: usize| json!("x".repeat(bytes - 2));

    for bad in [
        json!({ "kind": "event" }),
        json!({ "kind": "event", "org_id": "acme", "event_type": "a" }),
        event(json!("a:b"), json!("a"), json!(1)),
        event(json!(7), json!("a"), json!(1)),
        event(json!("acme"), json!(""), json!(1)),
        event(json!("acme"), json!(7), json!(1)),
        event(json!("acme"), json!("a"), data(45 * 1024 + 1)),
    ] {
        assert_eq!(from_queue(&world.app, &bad).await, 500, "{bad}");
    }
    assert_eq!(world.gate.calls(), 0);
    let good = event(json!("acme"), json!("a"), data(45 * 1024));
    assert_eq!(from_queue(&world.app, &good).await, 200);
    assert_eq!(world.gate.calls(), 1);
}
