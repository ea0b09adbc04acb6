//! Settling a room finishes what an order could not.

use std::sync::Arc;

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::azure::http_client::SharedHttpClient;
use switchboard::clock::Ids;
use switchboard::conversation::room::settle::settle;
use switchboard::store::Store;
use switchboard::store::sqlite::SqliteStore;
use webpubsub::{HubClient, HubClientOptions};

use super::{apply_sanction, member, put_room, sanction};
use crate::support::{KEY, World, fresh_folder};

const WRITER: &str = "room_id=club&role=writer";

/// A world, and service and store as another process sees them.
async fn world() -> (World, HubClient, Arc<dyn Store>) {
    let file = fresh_folder().join("settle.db");
    let store = format!("sqlite:{}", file.display());
    let world = World::with(&[("STORE", &store)]).await;
    let endpoint = format!("http://localhost:{}", world.gate.address.port());
    let options = HubClientOptions {
        http_client: Some(Arc::new(SharedHttpClient::new())),
        ..HubClientOptions::default()
    };
    let account = format!("Endpoint={endpoint};AccessKey={KEY};Version=1.0;");
    let hub = HubClient::from_connection_string(&account, "ViewerHub", options).unwrap();
    (world, hub, Arc::new(SqliteStore::new(file, Ids::random())))
}

#[tokio::test]
async fn sanctions_that_did_not_reach_the_service_are_settled() {
    let (world, hub, store) = world().await;
    let app = &world.app;
    let room = "club".parse().unwrap();
    let (mut alice, _) = member(&world, "alice", WRITER).await;
    let (mut banned, _) = member(&world, "banned", WRITER).await;
    let (mut muted, _) = member(&world, "muted", WRITER).await;
    let (mut reader, _) = member(&world, "reader", "room_id=club").await;
    // It left by itself, and stays out.
    let (mut gone, _) = member(&world, "gone", WRITER).await;
    assert!(gone.leave("club").await);

    world.gate.shut();
    for (order, user) in [("ban", "banned"), ("mute", "muted")] {
        sanction(app, "club", order, user)
            .await
            .assert_problem(503, "unavailable");
    }
    world.gate.open();
    settle(&hub, &*store, &room).await.unwrap();

    assert!(!banned.publish("club", "x").await);
    assert!(!banned.join("club").await);
    assert!(!muted.publish("club", "x").await);
    assert!(!reader.publish("club", "x").await);
    assert!(alice.publish("club", "quiet now").await);
    assert_eq!(muted.receive().await, "quiet now");

    world.gate.shut();
    for (order, user) in [("unban", "banned"), ("unmute", "muted")] {
        sanction(app, "club", order, user)
            .await
            .assert_problem(503, "unavailable");
    }
    world.gate.open();
    settle(&hub, &*store, &room).await.unwrap();

    assert!(banned.publish("club", "back").await);
    assert!(muted.publish("club", "me too").await);
    assert!(!reader.publish("club", "x").await);
    assert_eq!(reader.receive().await, "quiet now");
    assert_eq!(reader.receive().await, "back");
    assert_eq!(gone.drain().await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_change_that_did_not_reach_the_service_closes_everyone_once() {
    let (world, hub, store) = world().await;
    let app = &world.app;
    let room = "club".parse().unwrap();
    let (mut ali, _) = member(&world, "ali", WRITER).await;
    assert!(ali.leave("club").await);
    world.gate.shut();
    let change = json!({ "access": "password", "password": "x" });
    let told = app.back_end(Method::PUT, "/api/rooms/club", &change).await;
    told.assert_problem(503, "unavailable");
    world.gate.open();

    settle(&hub, &*store, &room).await.unwrap();

    ali.wait_until_closed().await;
    let (mut back, _) = member(&world, "ali", "room_id=club&role=writer&password=x").await;
    settle(&hub, &*store, &room).await.unwrap();
    assert!(back.publish("club", "x").await);
    put_room(app, "club", json!({ "name": "settled" })).await;
    apply_sanction(app, "club", "mute", "nobody").await;
    assert!(back.publish("club", "x").await);
}
