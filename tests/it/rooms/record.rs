//! Creating, changing, listing and deleting rooms.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};

use super::{delete_room, put_room};
use crate::support::{Answer, TestApp, World, fresh_folder};

fn call(app: &TestApp, method: &Method, path: &str) -> reqwest::RequestBuilder {
    app.call(method.clone(), path)
        .bearer_auth(TestApp::API_TOKEN)
}

async fn get(app: &TestApp, path: &str) -> Answer {
    Answer::of(call(app, &Method::GET, path)).await
}

#[tokio::test]
async fn a_room_is_created_changed_listed_and_deleted() {
    let World { app, .. } = &World::start().await;
    let members = json!([{ "userId": "alice", "role": "writer" }]);

    let made = put_room(
        app,
        "Lobby",
        json!({ "name": "The lobby", "members": members }),
    )
    .await;
    let changed = put_room(
        app,
        "Lobby",
        json!({ "access": "members", "persistent": true }),
    )
    .await;
    let found = get(app, "/api/rooms/Lobby").await.ok();
    let listed = get(app, "/api/rooms").await.ok();
    delete_room(app, "Lobby").await;
    delete_room(app, "Lobby").await;

    let mut expected = json!({
        "id": "Lobby", "name": "The lobby", "access": "open", "persistent": false,
        "members": members, "createdAt": "2027-01-15T08:00:00.000000Z",
    });
    assert_eq!((made.status.as_u16(), made.json()), (201, expected.clone()));
    expected["access"] = json!("members");
    expected["persistent"] = json!(true);
    assert_eq!(
        (changed.status.as_u16(), changed.json()),
        (200, expected.clone())
    );
    assert_eq!(found, expected);
    assert_eq!(listed, json!({ "rooms": [expected] }));
    get(app, "/api/rooms/Lobby")
        .await
        .assert_problem(404, "not_found");
    assert_eq!(get(app, "/api/rooms").await.ok(), json!({ "rooms": [] }));
}

#[tokio::test]
async fn a_password_is_never_returned_and_is_stored_only_as_a_slow_hash() {
    let file = fresh_folder().join("rooms.db");
    let store = format!("sqlite:{}", file.display());
    let world = World::with(&[("STORE", &store)]).await;
    let app = &world.app;
    let room = json!({ "access": "password", "password": "open-sesame" });

    let made = put_room(app, "cave", room).await;

    for answer in [
        made,
        get(app, "/api/rooms/cave").await,
        get(app, "/api/rooms").await,
    ] {
        assert!(!answer.body.contains("sesame") && !answer.body.contains("argon2"));
        assert!(answer.body.contains(r#""access":"password""#));
    }
    let stored: Vec<u8> = [&file, &file.with_extension("db-wal")]
        .into_iter()
        .flat_map(|file| fs::read(file).unwrap_or_default())
        .collect();
    let stored = String::from_utf8_lossy(&stored);
    assert!(stored.contains("$argon2id$v=19$"));
    assert!(!stored.contains("sesame"));
}

#[tokio::test]
async fn only_administrators_manage_rooms() {
    let World { app, .. } = &World::start().await;
    let calls = [
        (Method::GET, "/api/rooms"),
        (Method::GET, "/api/rooms/lobby"),
        (Method::PUT, "/api/rooms/lobby"),
        (Method::DELETE, "/api/rooms/lobby"),
        (Method::POST, "/api/rooms/lobby/invites"),
        (Method::POST, "/api/rooms/lobby/kick"),
        (Method::POST, "/api/rooms/lobby/ban"),
        (Method::POST, "/api/rooms/lobby/unban"),
        (Method::POST, "/api/rooms/lobby/mute"),
        (Method::POST, "/api/rooms/lobby/unmute"),
    ];
    let admin = app.token("root", json!({ "roles": ["admin"] }));
    let publisher = app.token("bot", json!({ "roles": ["publisher"] }));

    for (method, path) in calls {
        let call = |token: Option<&str>| {
            let call = app.call(method.clone(), path).body("{}");
            Answer::of(match token {
                Some(token) => call.bearer_auth(token),
                None => call,
            })
        };

        call(None).await.assert_problem(401, "unauthenticated");
        call(Some("x.y.z"))
            .await
            .assert_problem(401, "token_invalid");
        call(Some(&publisher))
            .await
            .assert_problem(403, "forbidden");
        let answer = call(Some(&admin)).await;
        assert!(
            ![401, 403].contains(&answer.status.as_u16()),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn an_invalid_room_is_refused_and_changes_nothing() {
    let World { app, .. } = &World::start().await;
    let member = |n: usize| json!({ "userId": format!("user-{n}"), "role": "reader" });
    let too_many: Vec<Value> = (0..1001).map(member).collect();
    let bodies = [
        String::new(),
        "[]".to_owned(),
        "{".to_owned(),
        json!({ "access": "everyone" }).to_string(),
        json!({ "access": "password" }).to_string(),
        json!({ "access": "password", "password": "" }).to_string(),
        json!({ "password": "x".repeat(257) }).to_string(),
        json!({ "password": 7 }).to_string(),
        json!({ "name": "" }).to_string(),
        json!({ "name": "x".repeat(201) }).to_string(),
        json!({ "persistent": "yes" }).to_string(),
        json!({ "members": {} }).to_string(),
        json!({ "members": ["alice"] }).to_string(),
        json!({ "members": [{ "userId": "alice" }] }).to_string(),
        json!({ "members": [{ "userId": "", "role": "reader" }] }).to_string(),
        json!({ "members": [{ "userId": "50%", "role": "reader" }] }).to_string(),
        json!({ "members": [{ "userId": "alice", "role": "owner" }] }).to_string(),
        json!({ "members": [member(1), member(1)] }).to_string(),
        json!({ "members": too_many }).to_string(),
    ];

    for body in bodies {
        let answer = Answer::of(call(app, &Method::PUT, "/api/rooms/a").body(body.clone())).await;

        assert_eq!(answer.status, 400, "{body:.80}: {}", answer.body);
        answer.assert_problem(400, "invalid_parameter");
    }
    let huge = format!(r#"{{"name":"{}"}}"#, "x".repeat(2_000_000));
    let answer = Answer::of(call(app, &Method::PUT, "/api/rooms/a").body(huge)).await;
    answer.assert_problem(413, "too_large");
    get(app, "/api/rooms/a")
        .await
        .assert_problem(404, "not_found");
}

#[tokio::test]
async fn a_room_holds_a_thousand_members() {
    let World { app, .. } = &World::start().await;
    let member = |n: usize| json!({ "userId": format!("{n:0>200}"), "role": "writer" });
    let members: Vec<Value> = (0..1000).map(member).collect();

    let room = put_room(app, "stadium", json!({ "members": members }))
        .await
        .json();

    assert_eq!(room["members"].as_array().unwrap().len(), 1000);
}

#[tokio::test]
async fn only_valid_room_ids_are_looked_up() {
    let World { app, .. } = &World::start().await;
    put_room(app, "MyRoom", json!({})).await;

    for path in ["/API/ROOMS/MyRoom", "/api/rooms/MyRoom/"] {
        assert_eq!(get(app, path).await.ok()["id"], "MyRoom", "{path}");
    }
    let long = format!("/api/rooms/{}", "x".repeat(129));
    for path in [
        "/api/rooms/myroom",
        "/api/rooms/a:b",
        "/api/rooms/chat:1",
        "/api/rooms/.hidden",
        "/api/rooms/..%2fhealth",
        "/api/rooms/..%5chealth",
        "/api/rooms/%2e%2e",
        "/api/rooms/%ff",
        "/api/rooms/a%00",
        "/api/rooms/a%0a",
        "/api/rooms/a/b",
        "/api/rooms/a/b/c",
        &long,
    ] {
        get(app, path).await.assert_problem(404, "not_found");
    }
}

#[tokio::test]
async fn a_wrong_method_is_refused_with_the_allowed_ones() {
    let World { app, .. } = &World::start().await;
    let paths = [
        ("/api/rooms", Method::POST, "GET,HEAD"),
        ("/api/rooms/a", Method::POST, "DELETE,GET,HEAD,PUT"),
        ("/api/rooms/a/ban", Method::GET, "POST"),
        ("/api/rooms/a/invites", Method::DELETE, "POST"),
        ("/api/rooms/a/presence", Method::PUT, "GET,HEAD"),
    ];

    for (path, method, allowed) in paths {
        let answer = Answer::of(call(app, &method, path)).await;

        answer.assert_problem(405, "method_not_allowed");
        let mut allow: Vec<_> = answer
            .header("allow")
            .unwrap()
            .split(',')
            .map(str::trim)
            .collect();
        allow.sort_unstable();
        assert_eq!(allow.join(","), allowed, "{path}");
    }
}

#[tokio::test]
async fn the_room_list_is_paged_without_gaps_or_overlaps() {
    let World { app, .. } = &World::start().await;
    for room in ["b", "a", "c-1", "c", "c.1", "Z", "d"] {
        put_room(app, room, json!({})).await;
    }
    delete_room(app, "d").await;

    for limit in [1, 2, 3, 10] {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("/api/rooms?limit={limit}&cursor={cursor}");
            let page = get(app, &path).await.ok();
            let rooms = page["rooms"].as_array().unwrap();
            assert!(rooms.len() <= limit);
            seen.extend(
                rooms
                    .iter()
                    .map(|room| room["id"].as_str().unwrap().to_owned()),
            );
            match page["nextCursor"].as_str() {
                Some(next) => next.clone_into(&mut cursor),
                None => break,
            }
        }

        assert_eq!(seen, ["Z", "a", "b", "c", "c-1", "c.1"], "{limit}");
    }
    for query in ["limit=x", "limit=-1", "cursor=../a"] {
        let answer = get(app, &format!("/api/rooms?{query}")).await;
        answer.assert_problem(400, "invalid_parameter");
    }
}
