//! Handlers that are killed inside a batch: nothing is lost, and nothing is in an inbox twice.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::json;

use super::feeds::ids;
use super::{Kind, Place, Road};
use crate::support::{Fault, Proxy, Socket};

const USERS: usize = 3;
const EACH: usize = 4;

#[tokio::test]
async fn killing_the_handler_of_the_functions_host_loses_nothing_on_sqlite() {
    kill_inside_batches(Kind::FunctionsHost, Place::Sqlite).await;
}

#[tokio::test]
async fn killing_the_handler_of_the_functions_host_loses_nothing_on_azurite() {
    kill_inside_batches(Kind::FunctionsHost, Place::Tables).await;
}

#[tokio::test]
async fn killing_a_container_loses_nothing_on_sqlite() {
    kill_inside_batches(Kind::Container, Place::Sqlite).await;
}

#[tokio::test]
async fn killing_a_container_loses_nothing_on_azurite() {
    kill_inside_batches(Kind::Container, Place::Tables).await;
}

/// The first kill comes while calls to the service are cut off, the second, with tables, while
/// what was written is stored and its answer lost. The host allows no third.
async fn kill_inside_batches(kind: Kind, place: Place) {
    let mut road = Road::start(kind, place).await;
    // They hear from the start, since a service closes connections that answer no pings.
    let mut hearing = Vec::new();
    for n in 0..USERS {
        let user = format!("user{n}");
        let socket = road.join_as(&user, json!({}), "channel=notifications");
        hearing.push(tokio::spawn(hear_everything(socket.await)));
    }

    road.hub.gate.shut();
    put_notifications(&road, "a").await;
    road.in_time(road.hub.gate.wait_for_cut_offs(3)).await;
    road.kill_handler().await;
    match place {
        Place::Sqlite => {}
        Place::Tables => {
            road.hub.gate.open();
            // What a handler reads before its first write, it reads now.
            road.get_as("user0", "/api/notifications").await;
            road.tables.requests();
            road.tables.always(Some(Fault::LostAnswer));
        }
    }
    put_notifications(&road, "b").await;
    match place {
        Place::Sqlite => road.in_time(road.hub.gate.wait_for_cut_offs(6)).await,
        Place::Tables => road.in_time(written(&road.tables)).await,
    }
    road.kill_handler().await;
    road.tables.always(None);
    road.hub.gate.open();

    for heard in road.as_time_passes(join_all(hearing)).await {
        heard.unwrap();
    }
    for n in 0..USERS {
        let user = format!("user{n}");
        let inbox = road.get_as(&user, "/api/notifications?limit=100").await;
        let mut seen = ids(&inbox);
        seen.sort_unstable();
        assert_eq!(seen, expected().iter().collect::<Vec<_>>(), "{user}");
        let unread = road.get_as(&user, "/api/notifications/unread-count").await;
        assert_eq!(unread, json!({ "unread": 2 * EACH }));
    }
    assert!(road.nothing_is_poison().await);
}

/// Waits until something was written.
async fn written(tables: &Proxy) {
    let writes = |request: &String| request.starts_with("POST");
    while !tables.requests().iter().any(writes) {
        tokio::task::yield_now().await;
    }
}

async fn put_notifications(road: &Road, batch: &str) {
    for n in 0..USERS * EACH {
        let user = format!("user{}", n % USERS);
        let notification = json!({ "id": format!("{batch}{}", n / USERS), "title": "x" });
        road.put(&json!({
            "kind": "notification", "user_id": user, "notification": notification,
        }))
        .await;
    }
}

fn expected() -> BTreeSet<String> {
    let of = |batch| (0..EACH).map(move |n| format!("{batch}{n}"));
    of("a").chain(of("b")).collect()
}

/// Some may come more than once.
async fn hear_everything(mut socket: Socket) {
    let mut missing = expected();
    while !missing.is_empty() {
        let heard = socket.next_frame().await;
        if heard["type"] == "notification" {
            missing.remove(heard["notification"]["id"].as_str().unwrap());
        }
    }
}
